/** What a person did in a chat, on its way from the ingress to the notifier: checked, acknowledged, not yet done. */
import * as z from 'zod';

const deliverySchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('delivery'),
  platform: z.enum(['discord', 'slack']),
  /** As the platform sent it. */
  payload: z.unknown(),
  receivedAtMs: z.number(),
  /** Whether the person alone sees that the bot is at work. */
  isPrivate: z.boolean(),
});
export type Delivery = z.infer<typeof deliverySchema>;

export function formatDelivery(delivery: Omit<Delivery, 'version' | 'kind'>): string {
  return JSON.stringify({ version: 1, kind: 'delivery', ...delivery });
}

/** Undefined for what is none. */
export function parseDeliveryMessage(body: string): Delivery | undefined {
  try {
    return deliverySchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

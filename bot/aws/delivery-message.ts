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

/**
 * JSON whose rarer characters are escaped: SQS refuses U+FFFE and U+FFFF (SendMessage, "MessageBody"), and emulators of it
 * refuse all that is beyond the basic plane, such as the emoji of a card whose button was pressed.
 */
export function formatDelivery(delivery: Omit<Delivery, 'version' | 'kind'>): string {
  return JSON.stringify({ version: 1, kind: 'delivery', ...delivery }).replaceAll(
    NOT_IN_MESSAGES,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
}

/** UTF-16 code units, so that a pair of surrogates becomes two escapes. */
const NOT_IN_MESSAGES = /[\uD800-\uDFFF\uFFFE\uFFFF]/g;

/** Undefined for what is none. */
export function parseDeliveryMessage(body: string): Delivery | undefined {
  try {
    return deliverySchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

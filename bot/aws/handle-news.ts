/**
 * What the notifier does with its queue: deliveries of people are worked on, and jobs with news are visited. Messages of
 * one group are done in order; what fails is given back together with what follows it in its group.
 */
import type { Logger } from '../core/ports.ts';
import { parsePing } from '../../gpu-function/cloud/job-message.ts';
import { parseDeliveryMessage, type Delivery } from './delivery-message.ts';

/** A message as Lambda gets it from SQS. */
export interface QueueMessage {
  messageId: string;
  body: string;
  attributes: { MessageGroupId?: string };
}

export interface NewsOptions {
  deliver: (delivery: Delivery) => Promise<void>;
  visit: (jobId: string) => Promise<void>;
  logger: Logger;
}

/** The ids of the messages that must come again. */
export async function handleNews(
  messages: readonly QueueMessage[],
  options: NewsOptions,
): Promise<string[]> {
  const groups = Map.groupBy(messages, ({ messageId, attributes }) => {
    return attributes.MessageGroupId ?? messageId;
  });
  const failed = await Promise.all(
    [...groups.values()].map((group) => handleGroup(group, options)),
  );
  return failed.flat();
}

async function handleGroup(
  group: readonly QueueMessage[],
  options: NewsOptions,
): Promise<string[]> {
  for (const [index, message] of group.entries()) {
    // One visit shows everything there is: of several pings in a row the last one is enough.
    const jobId = parsePing(message.body)?.jobId;
    const next = group[index + 1];
    if (jobId !== undefined && next && parsePing(next.body)?.jobId === jobId) continue;
    try {
      await handle(message, jobId, options);
    } catch (error) {
      const { messageId } = message;
      options.logger.error({ messageId, jobId, err: error }, 'news could not be handled');
      return group.slice(index).map(({ messageId }) => messageId);
    }
  }
  return [];
}

async function handle(
  { messageId, body }: QueueMessage,
  jobId: string | undefined,
  { deliver, visit, logger }: NewsOptions,
): Promise<void> {
  if (jobId !== undefined) return visit(jobId);
  const delivery = parseDeliveryMessage(body);
  if (delivery !== undefined) return deliver(delivery);
  // Nobody of this project sent it; giving it back would only hold up its group.
  logger.error({ messageId }, 'a message is no news');
}

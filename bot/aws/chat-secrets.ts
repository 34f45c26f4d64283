/** The chats' tokens and keys from Secrets Manager: read when needed, kept for some minutes, never written anywhere. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';

const secretsSchema = z.object({
  discordToken: z.string().min(1).optional(),
  slackBotToken: z.string().min(1).optional(),
  slackSigningSecret: z.string().min(1).optional(),
});
export type ChatSecrets = z.infer<typeof secretsSchema>;

/** A changed secret is in use after this. */
const KEPT_MS = 5 * 60_000;

interface ChatSecretsOptions {
  client: SecretsManagerClient;
  secretId: string;
  nowMs: () => number;
}

/** Throws an Error with a sentence when the secret is not the JSON object that docs/aws.md describes. */
export function createChatSecrets(options: ChatSecretsOptions): () => Promise<ChatSecrets> {
  const { client, secretId, nowMs } = options;
  let known: { secrets: Promise<ChatSecrets>; untilMs: number } | undefined;

  async function read(): Promise<ChatSecrets> {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    const parsed = secretsSchema.safeParse(tryParse(SecretString));
    if (parsed.success) return parsed.data;
    // The value itself must never get into an error.
    throw new Error(
      `The secret ${secretId} is not a JSON object with discordToken, slackBotToken and slackSigningSecret; docs/aws.md shows how to write it.`,
    );
  }

  return () => {
    if (known === undefined || known.untilMs < nowMs()) {
      const secrets = read();
      known = { secrets, untilMs: nowMs() + KEPT_MS };
      secrets.catch(() => {
        known = undefined;
      });
    }
    return known.secrets;
  };
}

function tryParse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

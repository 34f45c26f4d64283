/** Discord's published OpenAPI schemas as zod; a field that Discord does not know is a mistake of the bot, too. */
// @ts-expect-error -- the package has no types for its schemas
import * as schemas from 'discord-api-spec/zod';
import type { Json } from './world.ts';

interface Schema {
  safeParse(value: unknown): { success: boolean; data?: Json; error?: { issues: readonly Json[] } };
}

const BODY_SCHEMAS = {
  'interaction-message': schemas.CreateMessageInteractionCallbackRequestSchema,
  'interaction-update': schemas.UpdateMessageInteractionCallbackRequestSchema,
  'interaction-modal': schemas.ModalInteractionCallbackRequestSchema,
  'interaction-autocomplete': schemas.ApplicationCommandAutocompleteCallbackRequestSchema,
  'interaction-pong': schemas.PongInteractionCallbackRequestSchema,
  'webhook-create': schemas.IncomingWebhookRequestPartialSchema,
  'webhook-edit': schemas.IncomingWebhookUpdateRequestPartialSchema,
  'message-create': schemas.MessageCreateRequestSchema,
  'message-edit': schemas.MessageEditRequestPartialSchema,
  command: schemas.ApplicationCommandUpdateRequestSchema,
} satisfies Record<string, Schema>;
export type BodyKind = keyof typeof BODY_SCHEMAS;

/** What is wrong with the body, or undefined. */
export function findSchemaProblem(kind: BodyKind, body: unknown): string | undefined {
  const schema: Schema = BODY_SCHEMAS[kind];
  const parsed = schema.safeParse(body);
  if (parsed.success) {
    const [unknown] = findUnknownFields(body, parsed.data, '');
    return unknown === undefined ? undefined : `${kind}: ${unknown} is no field of Discord's`;
  }
  const issues = (parsed.error?.issues ?? []).map((issue) => describe(issue));
  return `${kind}: ${issues.slice(0, 3).join('; ')}`;
}

/** A union hides what is wrong in its branches: the branch with the fewest complaints is the one that was meant. */
function describe(issue: Json): string {
  const branches: Json[][] = issue.errors ?? [];
  const [nearest] = branches
    .filter((branch) => branch.length > 0)
    .sort((left, right) => weigh(left) - weigh(right));
  const path = issue.path.join('.');
  if (nearest === undefined) return `${path} ${issue.message}`;
  return `${path} > ${nearest.map((inner) => describe(inner)).join(', ')}`;
}

const weigh = (branch: readonly Json[]): number =>
  branch.reduce((sum, issue) => sum + (issue.path.at(-1) === 'type' ? 100 : 1), 0);

/** Schemas leave out what they do not know: what is missing afterwards was not theirs. */
function findUnknownFields(sent: Json, known: Json, path: string): string[] {
  if (typeof sent !== 'object' || sent === null) return [];
  return Object.keys(sent).flatMap((key) => {
    if (sent[key] === undefined) return [];
    const here = `${path}.${key}`;
    return key in Object(known) ? findUnknownFields(sent[key], known[key], here) : [here];
  });
}

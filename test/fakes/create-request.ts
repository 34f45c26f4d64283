/** A request as the contract's own parser makes it, for one picture unless it is said otherwise. */
import { generateRequestSchema, type GenerateRequest } from '#contract/generation-request.ts';

export function createRequest(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return generateRequestSchema.parse({
    kind: 'generate',
    prompt: 'a red apple',
    seed: 7,
    ...changes,
  });
}

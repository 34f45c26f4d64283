/** One checker's mistake is that checker's alone. */
import type { CaseResult } from './case-result.ts';

/** A checker that throws loses its remaining cases, and says so, but not those of the others. */
export async function* guarded(
  name: string,
  results: AsyncGenerator<CaseResult>,
): AsyncGenerator<CaseResult> {
  try {
    yield* results;
  } catch (error) {
    yield { kind: 'broken', name, reason: error instanceof Error ? error.message : String(error) };
  }
}

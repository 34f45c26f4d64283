/** Every rule of the platform that the bot broke. A test ends by asking that there are none. */

export interface Violation {
  rule: string;
  detail: string;
}

export class Violations {
  readonly all: Violation[] = [];
  readonly #allowed = new Set<string>();

  /** For tests that bring the bot into a state in which the rule cannot be kept, such as late delivery. */
  allow(...rules: string[]): void {
    for (const rule of rules) this.#allowed.add(rule);
  }

  /** Throws with everything that was broken. */
  check(): void {
    if (this.all.length === 0) return;
    const lines = this.all.map(({ rule, detail }) => `${rule}: ${detail}`);
    throw new Error(`The rules of Discord were broken:\n${lines.join('\n')}`);
  }

  report(rule: string, detail: string): void {
    if (!this.#allowed.has(rule)) this.all.push({ rule, detail });
  }
}

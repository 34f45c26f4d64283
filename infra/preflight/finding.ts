/** What one check of the preflight found, and how it is printed. */

/** `missing`: a person must act before a deployment. `later`: nothing to do now. */
export interface Finding {
  kind: 'ok' | 'missing' | 'later';
  text: string;
}

/** One line for a person, such as `missing  Docker does not answer; …`. */
export function toLine({ kind, text }: Finding): string {
  return `${kind.padEnd(7)}  ${text}`;
}

/** 1 when a person must act, else 0. */
export function toExitCode(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ kind }) => kind === 'missing') ? 1 : 0;
}

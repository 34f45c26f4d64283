/** Exceptions from the rules of cdk-nag, each with its reason. They name the very finding: anything new still fails. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** `findings` as cdk-nag prints them, such as `Resource::*`; none for rules without findings. */
export function explain(
  construct: IConstruct,
  rule: string,
  reason: string,
  findings: readonly string[] = [],
): void {
  const ids = findings.length === 0 ? [rule] : findings.map((finding) => `${rule}[${finding}]`);
  for (const id of ids) {
    Validations.of(construct).acknowledge({ id: `AwsSolutions-${id}`, reason });
  }
}

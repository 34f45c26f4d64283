/** The CDK app that cdk.json names. */
import { createImagineApp } from './create-app.ts';

try {
  createImagineApp().app.synth();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** The four Lambdas from their bundles, and a Function URL in front of the first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleHandler } from '../../../infra/bundle-handler.ts';
import { projectFolder } from '../../source-files.ts';
import type { Deployment } from './deploy.ts';
import { LambdaHost } from './lambda-host.ts';

const ENTRIES = {
  ingress: ['bot/ingress.lambda.ts', 'BotIngress'],
  notifier: ['bot/notifier.lambda.ts', 'BotNotifier'],
  deadLetter: ['bot/dead-letter.lambda.ts', 'BotDeadLetter'],
  dispatcher: ['infra/dispatcher/dispatcher.lambda.ts', 'DispatcherHandler'],
} as const;
export type LambdaName = keyof typeof ENTRIES;

export interface UrlAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** As a Function URL does it: names in lower case, the body in base64 when it may be binary. */
export async function callIngress(
  ingress: LambdaHost | undefined,
  rawPath: string,
  body: string,
  headers: Record<string, string>,
): Promise<UrlAnswer> {
  const answer = await ingress?.invoke({
    rawPath,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
    requestContext: { http: { method: 'POST' } },
  });
  return answer as UrlAnswer;
}

export function createLambdas(
  deployment: Deployment,
  environment: Record<string, string>,
): Record<LambdaName, LambdaHost> {
  // Inside the project, so that native packages are found as they are in the notifier's image.
  const folder = mkdtempSync(join(projectFolder, 'node_modules/.imagine-bundles-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const create = (name: LambdaName): LambdaHost => {
    const [entry, id] = ENTRIES[name];
    const bundle = join(bundleHandler(entry, folder).folder, 'index.mjs');
    return new LambdaHost(bundle, { ...deployment.environmentOf(id), ...environment });
  };
  return {
    ingress: create('ingress'),
    notifier: create('notifier'),
    deadLetter: create('deadLetter'),
    dispatcher: create('dispatcher'),
  };
}

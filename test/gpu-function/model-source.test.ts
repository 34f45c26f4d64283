/** A function that comes up on an empty machine fetches its model from a bucket, draws with it, and says when it cannot. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpBackend } from '../../bot/backends/http-backend.ts';
import { createBucket, startLocalAws, type LocalAws } from '../fakes/aws/local-aws.ts';
import { readFolder } from '../fakes/model-hub/repository.ts';
import { collectEvents, toJob } from '../fakes/running-function.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { waitFor } from '../fakes/wait-for.ts';
import { tinyModelFolder } from '../fixture-paths.ts';
import { projectFolder } from '../source-files.ts';

const contents = readFolder(tinyModelFolder);
const children: ChildProcess[] = [];
let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws();
  await createBucket(aws, 'imagine');
  const files = [...contents].map(([path, content]) => ({
    path,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  const manifest = Buffer.from(JSON.stringify({ licence: 'MIT', files }));
  for (const [path, content] of [...contents, ['manifest.json', manifest] as const]) {
    const Key = `weights/tiny/${path}`;
    await aws.s3.send(new PutObjectCommand({ Bucket: 'imagine', Key, Body: content }));
  }
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await aws.stop();
});

async function start(source: string, modelsFolder: string) {
  const { PATH = '' } = process.env;
  const settings = { MODEL_SOURCE: source, MODEL_DIR: modelsFolder, PORT: '0', LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, [join(projectFolder, 'gpu-function/main.ts')], {
    env: { PATH, ...aws.environment, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, line: JSON.parse(line) as Record<string, string>, log: () => log };
}

test('the model of a bucket is the one that is drawn with', async () => {
  const folder = join(makeTemporaryFolder(), 'nvme');
  const { line, log, child } = await start('s3://imagine/weights/tiny', folder);
  const backend = createHttpBackend({ endpoint: { url: line['url'] ?? '', token: undefined } });
  await waitFor('ready', async () => (await backend.health()).status === 'READY');
  expect((await backend.health()).loadedModelId).toBe('tiny');
  expect(readdirSync(folder)).toEqual(['tiny']);
  expect(log()).toContain('The model is here');
  await backend.submit(toJob('j1', { steps: 1 }));
  const events = await collectEvents(backend.events('j1', new AbortController().signal));
  expect(events.at(-1)).toMatchObject({ outcome: { status: 'succeeded' } });
  child.kill('SIGKILL');
});

test.each([
  [
    's3://imagine/weights/none',
    /^MODEL_SOURCE cannot be used: s3:\/\/imagine\/weights\/none\/ has no ONNX files/,
  ],
  ['s3://nobody/weights/tiny', /^MODEL_SOURCE cannot be used: There is no bucket for/],
  [
    'https://hub/ada/tiny',
    /^MODEL_SOURCE is "https:\/\/hub\/ada\/tiny"; it must look like s3:\/\/bucket/,
  ],
])('%s is refused with exit code 2', async (source, sentence) => {
  const { child, line } = await start(source, makeTemporaryFolder());
  expect(line['message']).toMatch(sentence);
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(2);
});

/** `npm run models -- pull` as a person and a script use it, up to a picture drawn with what was pulled. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CATALOG } from '../../models/catalog.ts';
import { parseTarget } from '../../models/pull/parse-target.ts';
import { modelIdSchema } from '../../models/manifest.ts';
import { createRepository, readFolder } from '../fakes/model-hub/repository.ts';
import { startModelHub, type ModelHub } from '../fakes/model-hub/start-model-hub.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { waitFor } from '../fakes/wait-for.ts';
import { projectFolder } from '../source-files.ts';
import { contents } from './tiny-hub.ts';

const MAIN = join(projectFolder, 'models/main.ts');
const BUILT_IN = join(projectFolder, 'models/embedded/icons-128');
const LCM = CATALOG.find(({ id }) => id === 'lcm-dreamshaper');

let hub: ModelHub;
beforeAll(async () => {
  hub = await startModelHub({
    repositories: [
      createRepository('ada/icons', readFolder(BUILT_IN), { card: { license: 'cc-by-4.0' } }),
      createRepository(LCM?.repository ?? '', contents, {
        card: { license: 'other', license_name: 'sai-nc-community', license_link: 'LICENSE.md' },
      }),
    ],
  });
});
afterAll(() => hub.stop());

const environmentOf = (modelsFolder: string) => ({
  ...process.env,
  HF_ENDPOINT: hub.url,
  MODEL_DIR: modelsFolder,
});

function run(program: string, parameters: readonly string[], env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [program, ...parameters], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const models = (folder: string, ...parameters: string[]) =>
  run(MAIN, parameters, environmentOf(folder));

test("the project's own model, pulled from a hub, draws the picture that the built-in one draws", async () => {
  const folder = join(makeTemporaryFolder(), 'made-by-the-pull');
  const pulled = await models(folder, 'pull', 'ada/icons', '--as', 'from-hub', '--accept-licence');
  expect(pulled.stderr).toContain('Licence: CC BY 4.0: commercial use is allowed (https://');
  expect(pulled.stderr).toMatch(/100 % of 91\.\d MB/);
  expect(pulled).toMatchObject({ code: 0 });
  expect(pulled.stdout).toContain('Pulled from-hub. Draw with it: npm run imagine');

  const settings = ['a red apple', '--seed', '7', '--steps', '4', '--json', '--out'];
  const draw = async (name: string, ...more: string[]) => {
    const file = join(makeTemporaryFolder(), name);
    const env = { ...environmentOf(folder), DATA_DIR: makeTemporaryFolder() };
    const drawn = await run(
      join(projectFolder, 'bot/imagine.ts'),
      [...settings, file, ...more],
      env,
    );
    expect(drawn.code).toBe(0);
    const { model, settings: used } = JSON.parse(drawn.stdout) as Record<
      string,
      { modelDigest: string }
    >;
    return { model, digest: used?.modelDigest, bytes: readFileSync(file) };
  };
  const own = await draw('built-in.png', '--model', 'icons-128');
  const other = await draw('pulled.png', '--model', 'from-hub');
  expect(other.model).toBe('from-hub');
  expect(other.digest).toBe(own.digest);
  // The pixels; the recipes beside them name two models.
  expect(pixelsOf(other.bytes)).toEqual(pixelsOf(own.bytes));
});

/** IDAT chunks of a PNG file. */
function pixelsOf(png: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return Buffer.concat(parts);
}

test('a name of the catalog brings its repository, its settings and the warning of its licence', async () => {
  const folder = makeTemporaryFolder();
  const refused = await models(folder, 'pull', 'lcm-dreamshaper');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /Licence: Stability AI Non-Commercial Community: NO commercial use \(http.*LICENSE\.md\)/,
  );
  expect(refused.stderr).toContain('add --accept-licence when you agree to it.');
  expect(readdirSync(folder)).toEqual([]);

  const pulled = await models(folder, 'pull', 'lcm-dreamshaper', '--accept-licence', '--json');
  expect(JSON.parse(pulled.stdout)).toMatchObject({ id: 'lcm-dreamshaper', status: 'pulled' });
  const listed = JSON.parse((await models(folder, 'list', '--json')).stdout) as { id: string }[];
  expect(listed.find(({ id }) => id === 'lcm-dreamshaper')).toMatchObject({
    name: LCM?.name,
    licence: 'Stability AI Non-Commercial Community (no commercial use)',
    defaults: LCM?.defaults,
  });
  expect(
    JSON.parse((await models(folder, 'verify', 'lcm-dreamshaper', '--json')).stdout),
  ).toMatchObject([{ status: 'ok', filesChecked: contents.size }]);

  const removed = await models(folder, 'remove', 'lcm-dreamshaper');
  expect(removed.stdout).toMatch(/^Removed lcm-dreamshaper \(\d+\.\d [kM]B\)\./);
  expect(readdirSync(folder)).toEqual([]);
});

test('Ctrl-C ends it with a sentence, keeps what arrived, and the next run goes on', async () => {
  const folder = makeTemporaryFolder();
  hub.misbehave({
    when: /^store unet/,
    times: 1,
    act(response, file) {
      const length = file?.content.length ?? 0;
      response.writeHead(200, { 'content-length': length });
      response.write(file?.content.subarray(0, 100_000));
      return true;
    },
  });
  const pulling = spawn(process.execPath, [MAIN, 'pull', 'ada/icons', '--accept-licence'], {
    env: environmentOf(folder),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  pulling.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  await waitFor('the cut', () => existsSync(join(folder, '.icons.pull/vae_encoder/model.onnx')));
  pulling.kill('SIGINT');
  const [code] = (await once(pulling, 'exit')) as [number];
  expect(code).toBe(130);
  expect(stdout).toBe('Stopped; run the same command again, it goes on where it stopped.\n');
  expect(readdirSync(folder)).toEqual(['.icons.pull']);
  hub.behave();
  expect((await models(folder, 'pull', 'ada/icons', '--accept-licence')).code).toBe(0);
  expect(readdirSync(folder)).toEqual(['icons']);
});

test.each([
  [['pull'], 2, '"pull" needs to know which model.'],
  [['pull', 'lcm-dreamshapper'], 2, 'Did you mean "lcm-dreamshaper"?'],
  [['pull', 'a/b/c'], 2, '"a/b/c" is neither a name of the catalog'],
  [['pull', 's3://'], 2, 'is no address in S3; it looks like s3://bucket/models/name.'],
  [['pull', 'ada/icons@../x'], 2, 'is no revision; after the @ stands a branch'],
  [['pull', 'ada/icons', '--as', '../up'], 2, "cannot be a model's name"],
  [['pull', 'ada/icons', '--max-gb', 'ten'], 2, '--max-gb is "ten"; it must be a number'],
  [
    ['pull', 'ada/icons', '--max-gb', '0.01'],
    1,
    'icons has 91.5 MB, more than the limit of 10.0 MB',
  ],
  [['pull', './nowhere'], 1, 'cannot be read (ENOENT)'],
  [['remove', 'icons-128'], 2, 'is not in the folder of pulled models'],
  [['remove', '../..'], 2, 'There is no model "../.."'],
] as const)('%o: exit code %i and a sentence', async (parameters, code, sentence) => {
  const ended = await models(makeTemporaryFolder(), ...parameters);
  expect(ended.stderr).toContain(sentence);
  expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  expect(ended.code).toBe(code);
});

test.each([
  ['https://huggingface.co/ada/model', 'ada/model', 'main'],
  ['https://huggingface.co/ada/model/tree/fp16', 'ada/model', 'fp16'],
  ['ada/model@v1.0', 'ada/model', 'v1.0'],
  ['https://hf.co/ada/model/?library=onnx', 'ada/model', 'main'],
])('%s is a repository of the hub', (typed, repository, revision) => {
  expect(parseTarget(typed)).toEqual({ kind: 'hub', id: 'model', repository, revision });
});

test('the catalog offers what can be typed, once each', () => {
  const ids = CATALOG.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(modelIdSchema.safeParse(id).success).toBe(true);
  const places = CATALOG.map(({ repository, revision }) => `${repository}@${revision}`);
  expect(new Set(places).size).toBe(places.length);
});

/** The arrows of ARCHITECTURE.md as a table: what a folder may import. Everything else fails. */
import { expect, test } from 'vitest';
import { importsOf, readSources } from './source-files.ts';

const CONTRACT = 'gpu-function/contract/';

/** Folder or file → the project folders or files it may import, besides its own folder. First match wins. */
const PROJECT_ARROWS: readonly (readonly [string, readonly string[]])[] = [
  ['gpu-function/contract/', []],
  ['gpu-function/sampling/', [CONTRACT]],
  ['gpu-function/prompt/', [CONTRACT]],
  ['gpu-function/pipeline/', [CONTRACT, 'gpu-function/sampling/', 'gpu-function/prompt/']],
  [
    'gpu-function/onnx/',
    [
      CONTRACT,
      'gpu-function/pipeline/ports.ts',
      'gpu-function/prompt/',
      'gpu-function/sampling/finite-data.ts',
      'models/',
    ],
  ],
  // The engine's child process is a composition root of its own.
  ['gpu-function/worker/engine-main.ts', ['gpu-function/', 'models/']],
  // How jobs lie in SQS, DynamoDB and S3: the worker and the bot must agree on it.
  ['gpu-function/cloud/', [CONTRACT]],
  ['gpu-function/worker/', [CONTRACT, 'gpu-function/pipeline/', 'gpu-function/cloud/']],
  // Programs of their own, run while the image is built and while it runs.
  ['gpu-function/container/', []],
  ['gpu-function/config.ts', [CONTRACT]],
  ['gpu-function/main.ts', ['gpu-function/', 'models/']],
  ['bot/core/', [CONTRACT]],
  ['bot/stores/', [CONTRACT, 'bot/core/', 'gpu-function/cloud/']],
  ['bot/backends/', [CONTRACT, 'bot/core/', 'gpu-function/cloud/']],
  ['bot/platforms/web/', [CONTRACT, 'bot/core/']],
  ['bot/platforms/discord/', [CONTRACT, 'bot/core/']],
  ['bot/platforms/slack/', [CONTRACT, 'bot/core/']],
  ['bot/platforms/terminal/', [CONTRACT, 'bot/core/']],
  ['bot/config.ts', [CONTRACT, 'bot/core/']],
  // What fits pictures to a chat reads them as the engine does: one importer of sharp for both.
  ['bot/encode-pictures.ts', ['bot/core/', 'gpu-function/pipeline/image-file.ts']],
  ['bot/', ['bot/', 'gpu-function/cloud/', CONTRACT]],
  ['models/', [CONTRACT, 'gpu-function/']],
  // The small functions are programs of their own, which the stacks only pack.
  ['infra/dispatcher/', [CONTRACT, 'gpu-function/cloud/']],
  // What must be true before a deployment, the model's licence included.
  ['infra/preflight', ['models/catalog.ts']],
  ['infra/', [CONTRACT]],
  ['test/', ['']],
];

/** Package → the only folder or file that may import it. */
const PACKAGE_HOMES: readonly (readonly [string, string])[] = [
  ['onnxruntime-node', 'gpu-function/onnx/'],
  ['onnxruntime-common', 'gpu-function/onnx/'],
  ['sharp', 'gpu-function/pipeline/image-file.ts'],
  ['node:sqlite', 'bot/stores/'],
  ['discord.js', 'bot/platforms/discord/'],
  ['discord-api-types/v10', 'bot/platforms/discord/'],
  ['@slack/bolt', 'bot/platforms/slack/'],
  ['@slack/web-api', 'bot/platforms/slack/'],
  ['playwright-core', 'test/'],
];

/** Pure folders: no network, disk, process or clock of their own. */
const PURE_FOLDERS = ['gpu-function/contract/', 'gpu-function/sampling/', 'bot/core/'];
const PURE_NODE_MODULES = new Set(['node:crypto', 'node:zlib', 'node:timers/promises']);

const files = readSources(['.ts']);
const arrowOf = (path: string) => PROJECT_ARROWS.find(([from]) => path.startsWith(from));
const ownFolder = (from: string) =>
  from.endsWith('/') ? from : from.slice(0, from.lastIndexOf('/') + 1);

test('the check sees the sources and their imports', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(importsOf).length).toBeGreaterThan(200);
});

test('every folder has its arrows', () => {
  expect(files.filter((file) => arrowOf(file.path) === undefined).map((file) => file.path)).toEqual(
    [],
  );
});

test('imports follow the arrows', () => {
  const offences = files.flatMap((file) => {
    const [from, allowed] = arrowOf(file.path) ?? ['', []];
    return importsOf(file)
      .filter((target) => /^(bot|gpu-function|infra|models|test)\//.test(target))
      .filter((target) => !target.startsWith(ownFolder(from)))
      .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
      .map((target) => `${file.path} → ${target}`);
  });
  expect(offences).toEqual([]);
});

test('nothing but tests imports tests', () => {
  const offences = files
    .filter((file) => !file.path.startsWith('test/'))
    .filter((file) => importsOf(file).some((target) => target.startsWith('test/')));
  expect(offences.map((file) => file.path)).toEqual([]);
});

test('an SDK is seen in one place only', () => {
  // Training is a workshop beside the product: what it makes is used, its code is not.
  const offences = files
    .filter((file) => !/^(test|models\/training)\//.test(file.path))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) =>
          PACKAGE_HOMES.some(([name, home]) => target === name && !file.path.startsWith(home)),
        )
        .map((target) => `${file.path} → ${target}`),
    );
  expect(offences).toEqual([]);
});

test('what a small ingress needs of Discord loads no SDK', () => {
  const withSdk = files
    .filter((file) => file.path.startsWith('bot/'))
    .filter((file) => importsOf(file).includes('discord.js'))
    .map((file) => file.path);
  expect(withSdk.sort()).toEqual([
    'bot/platforms/discord/gateway.ts',
    'bot/platforms/discord/rest.ts',
  ]);
});

test('what a small ingress needs of Slack loads no SDK', () => {
  const withSdk = files
    .filter((file) => file.path.startsWith('bot/'))
    .filter((file) => importsOf(file).some((target) => target.startsWith('@slack/')))
    .map((file) => file.path);
  expect(withSdk.sort()).toEqual(
    ['adapter', 'send-call', 'signed-receiver', 'slack-log', 'socket-connections'].map(
      (name) => `bot/platforms/slack/${name}.ts`,
    ),
  );
});

test('the pure middle touches neither network nor disk', () => {
  const offences = files
    .filter((file) => PURE_FOLDERS.some((folder) => file.path.startsWith(folder)))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('node:') && !PURE_NODE_MODULES.has(target))
        .map((target) => `${file.path} → ${target}`),
    );
  expect(offences).toEqual([]);
});

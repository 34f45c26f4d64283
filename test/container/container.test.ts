/**
 * The image of gpu-function/Dockerfile, built with buildah and used by the bot, with a plain Debian in place of the public
 * base images and without CUDA's libraries. Takes minutes, root, Debian's buildah, podman, runc and debootstrap, and their
 * mirrors: only with CONTAINER_TEST=1.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { projectFolder } from '../source-files.ts';

const IS_WANTED = process.env['CONTAINER_TEST'] === '1';
const MINUTES_MS = 20 * 60_000;
const BASE = 'localhost/imagine-test-base:debian';
const IMAGE = 'localhost/imagine-test-function:latest';
const NAME = `imagine-test-${process.pid}`;
const PORT = 18_472;
const TOKEN = 'a-token-that-nobody-may-see';
const URL = `http://127.0.0.1:${PORT}`;
/** The plain storage driver and cgroup manager work inside other containers and virtual machines too. */
const STORAGE = ['--storage-driver', 'vfs'];
const PODMAN = ['--runtime', 'runc', ...STORAGE, '--cgroup-manager', 'cgroupfs'];

const run = (program: string, ...parameters: string[]) =>
  execFileSync(program, parameters, {
    cwd: projectFolder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });

/** Debian with this machine's Node and npm: what the public Node image is, as far as the recipe can tell. */
function buildBase(): void {
  if (spawnSync('buildah', [...STORAGE, 'inspect', '--type', 'image', BASE]).status === 0) return;
  const root = join(makeTemporaryFolder(), 'root');
  run('debootstrap', '--variant=minbase', '--include=ca-certificates', 'bookworm', root);
  const npm = dirname(dirname(run('sh', '-c', 'readlink -f "$(command -v npm)"').trim()));
  mkdirSync(join(root, 'usr/local/lib/node_modules'), { recursive: true });
  cpSync(process.execPath, join(root, 'usr/local/bin/node'));
  cpSync(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  // A mirror inside a company has a certificate of its own.
  cpSync('/etc/ssl/certs/ca-certificates.crt', join(root, 'etc/ssl/certs/ca-certificates.crt'));
  const container = run('buildah', ...STORAGE, 'from', 'scratch').trim();
  run('buildah', ...STORAGE, 'add', '--quiet', container, root, '/');
  const certificates = 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt';
  run('buildah', ...STORAGE, 'config', '--env', certificates, container);
  run('buildah', ...STORAGE, 'commit', '--quiet', '--rm', container, BASE);
  rmSync(root, { recursive: true });
}

function buildImage(): void {
  const settings = [`NODE_IMAGE=${BASE}`, `RUN_IMAGE=${BASE}`, 'CUDA_PROVIDER=none'];
  const file = ['--file', 'gpu-function/Dockerfile'];
  const ignore = ['--ignorefile', 'gpu-function/Dockerfile.dockerignore'];
  const how = ['--isolation', 'chroot', '--format', 'docker', '--tag', IMAGE];
  const given = settings.flatMap((setting) => ['--build-arg', setting]);
  run('buildah', ...STORAGE, 'bud', ...how, ...file, ...ignore, ...given, '.');
}

let container: ChildProcess | undefined;
let log = '';

/** As docs/gpu-box.md has it, as far as a machine without systemd and a bridge allows. */
async function start(provider: 'cpu' | 'cuda'): Promise<void> {
  log = '';
  const environment = Object.entries({
    HOST: '127.0.0.1',
    PORT: String(PORT),
    EXECUTION_PROVIDER: provider,
    GPU_FUNCTION_TOKEN: TOKEN,
  }).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const rights = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL'];
  const here = ['--network', 'host', '--no-healthcheck', '--security-opt', 'seccomp=unconfined'];
  const limits = [
    '--ulimit',
    'nofile=1024:1024',
    '--ulimit',
    'nproc=1024:1024',
    '--pids-limit',
    '-1',
  ];
  container = spawn(
    'podman',
    [
      ...PODMAN,
      'run',
      '--rm',
      '--name',
      NAME,
      ...here,
      ...limits,
      ...rights,
      ...environment,
      IMAGE,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [container.stdout, container.stderr]) {
    stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  }
  await until((status) => status !== 'STARTING');
}

/** Storage drivers that copy whole images take their time: the test's own limit is the patience. */
async function until(isEnough: (status: string) => boolean): Promise<void> {
  while (!isEnough(await health())) {
    if (container?.exitCode !== null) throw new Error(`The container ended: ${log}`);
    await delay(100);
  }
}

async function health(): Promise<string> {
  const { status } = await readHealth();
  return status;
}

async function readHealth(): Promise<{ status: string; reason?: string }> {
  try {
    return (await (await fetch(`${URL}/health`)).json()) as { status: string };
  } catch {
    return { status: 'STARTING' };
  }
}

function stop(): Promise<unknown> {
  spawn('podman', [...PODMAN, 'stop', '--time', '100', NAME], { stdio: 'ignore' });
  return container === undefined ? Promise.resolve() : once(container, 'exit');
}

const inside = (command: string) =>
  spawnSync('podman', [...PODMAN, 'exec', NAME, 'sh', '-c', command], { encoding: 'utf8' });

function draw(file: string, ...more: string[]) {
  const { PATH = '' } = process.env;
  return new Promise<number | null>((resolve) => {
    const drawing = spawn(
      process.execPath,
      [join(projectFolder, 'bot/imagine.ts'), 'a red apple', '--seed', '7', '--out', file, ...more],
      {
        env: {
          PATH,
          GPU_FUNCTION_URL: URL,
          GPU_FUNCTION_TOKEN: TOKEN,
          DATA_DIR: makeTemporaryFolder(),
        },
        stdio: 'ignore',
      },
    );
    drawing.once('exit', resolve);
  });
}

describe.runIf(IS_WANTED)('the image', () => {
  beforeAll(() => {
    buildBase();
    buildImage();
  }, MINUTES_MS);
  afterAll(stop);

  test(
    'draws for the bot, without rights and on a root that is read-only',
    async () => {
      await start('cpu');
      expect(await health()).toBe('READY');
      const file = join(makeTemporaryFolder(), 'apple.png');
      expect(await draw(file)).toBe(0);
      expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
      expect(inside('id -u').stdout.trim()).toBe('10001');
      expect(inside('touch /app/file').status).not.toBe(0);
      expect(inside('node gpu-function/container/check-health.ts').status).toBe(0);
      expect(inside('ls node_modules/onnxruntime-node/bin/napi-v6').stdout.trim()).toBe('linux');
      expect(inside('ls node_modules/vitest node_modules/typescript').status).not.toBe(0);
      expect(log).not.toContain(TOKEN);
    },
    MINUTES_MS,
  );

  test(
    'told to stop, it hands over what it draws and ends',
    async () => {
      const file = join(makeTemporaryFolder(), 'last.png');
      const drawing = draw(file, '--steps', '60');
      await until((status) => status === 'BUSY');
      const [code] = (await stop()) as [number];
      expect(await drawing).toBe(0);
      expect(existsSync(file)).toBe(true);
      expect(log).toContain('Told to stop');
      expect(code).toBe(0);
    },
    MINUTES_MS,
  );

  test(
    'does not serve on the processor when a GPU was asked for',
    async () => {
      await start('cuda');
      expect(await readHealth()).toMatchObject({
        status: 'SETUP_FAILED',
        reason: expect.stringMatching(
          /^EXECUTION_PROVIDER is "cuda" and libonnxruntime_providers_cuda\.so/,
        ),
      });
      expect(await draw(join(makeTemporaryFolder(), 'never.png'))).toBe(1);
      await stop();
      container = undefined;
    },
    MINUTES_MS,
  );
});

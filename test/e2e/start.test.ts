/** The bot's start on machines where something is in its way: one sentence and exit code 2. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProgram, stopProgram } from '../processes.ts';
import { projectFolder } from '../source-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagine-start-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  exitCode: number | null;
  stderr: string;
}

function startBot(
  environment: Readonly<Record<string, string>>,
  cwd: string = projectFolder,
): Promise<Ended> {
  const program = join(projectFolder, 'bot/main.ts');
  const options = { cwd, env: { ...process.env, DATA_DIR: join(folder, 'data'), ...environment } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], options, (_error, _stdout, stderr) => {
      resolve({ exitCode: child.exitCode, stderr });
    });
  });
}

test('a port that is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const ended = await startBot({ PORT: String(port) });
  other.close();
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is taken .*\n$`));
});

test.each([
  ['a file', 'occupied', /DATA_DIR .*occupied cannot be written/],
  ['a folder that takes no children', '/proc/none', /DATA_DIR \/proc\/none cannot be written/],
])('a DATA_DIR that is %s', async (_what, path, sentence) => {
  await writeFile(join(folder, 'occupied'), '');
  const dataDir = path.startsWith('/') ? path : join(folder, path);
  const ended = await startBot({ PORT: '0', DATA_DIR: dataDir });
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toMatch(sentence);
});

test('a .env that cannot be read', async () => {
  const cwd = join(folder, 'settings');
  await mkdir(join(cwd, '.env'), { recursive: true });
  const ended = await startBot({ PORT: '0' }, cwd);
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toMatch(
    /^\.env cannot be read \(\w+\); make it a readable file, or remove it\.\n$/,
  );
});

test('a second bot on the same DATA_DIR', async () => {
  const dataDir = join(folder, 'shared');
  const first = await startProgram('bot/main.ts', { PORT: '0', DATA_DIR: dataDir });
  const second = await startBot({ PORT: '0', DATA_DIR: dataDir });
  await stopProgram(first);
  expect(second.exitCode).toBe(2);
  expect(second.stderr).toMatch(/is in use by another bot; stop that one/);
});

test('a default model that does not exist', async () => {
  const ended = await startBot({ PORT: '0', DEFAULT_MODEL: 'icon-128' });
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toMatch(/DEFAULT_MODEL is wrong.*did you mean "icons-128"/);
});

/** The container's recipe stays true to the project, and keeps the rules that linters and clusters hold images to. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const recipe = read('gpu-function/Dockerfile');

/** Instructions with their continuation lines joined, comments left out. */
const instructions = recipe
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [name = '', ...rest] = line.split(' ');
    return { name, value: rest.join(' ') };
  });
const all = (name: string) =>
  instructions.filter((one) => one.name === name).map(({ value }) => value);

test('the image runs the Node that the project is tested with', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as {
    devDependencies: Record<string, string>;
  };
  expect(all('ARG')).toContain(
    `NODE_IMAGE=docker.io/library/node:${devDependencies['node']}-bookworm-slim`,
  );
  expect(recipe.match(/node:\d+\.\d+\.\d+/g)?.length).toBeGreaterThan(1);
  expect(new Set(recipe.match(/node:\d+\.\d+\.\d+/g))).toEqual(
    new Set([`node:${devDependencies['node']}`]),
  );
});

test('base images are arguments whose defaults name registry and version', () => {
  const images = all('ARG').filter((value) => /^\w+_IMAGE=/.test(value));
  expect(all('FROM')).toEqual(
    images.map((image, index) => `\${${image.split('=')[0]}}${index === 0 ? ' AS packages' : ''}`),
  );
  for (const image of images)
    expect(image).toMatch(/=docker\.io\/[a-z]+\/[a-z]+:\d+\.\d+\.\d+-\S+$/);
});

test('what is copied exists and is not kept from the builder', () => {
  const copied = all('COPY')
    .filter((value) => !value.startsWith('--'))
    .flatMap((value) => value.split(' ').slice(0, -1));
  expect(copied).toContain('gpu-function');
  const sent = read('gpu-function/Dockerfile.dockerignore');
  for (const path of copied) {
    expect(existsSync(join(root, path))).toBe(true);
    expect(sent).toContain(`!${path.split('/')[0]}\n`);
  }
  for (const kept of ['models/training', 'models/downloaded'])
    expect(sent).toContain(`\n${kept}\n`);
});

test('the provider comes with a checksum, and without the installer that asks for none', () => {
  expect(all('ARG')).toEqual(
    expect.arrayContaining([
      'CUDA_PROVIDER=nuget',
      'CUDA_PROVIDER_FEED=https://api.nuget.org/v3/index.json',
      'CUDA_PROVIDER_SHA512=',
    ]),
  );
  expect(all('RUN').join()).toMatch(/npm ci --omit=dev --ignore-scripts/);
  expect(all('RUN').join()).not.toMatch(/install\.js|curl|wget|apt-get|sudo/);
});

test('it runs without rights, by number, and ends and is watched as clusters do', () => {
  const [user, ...others] = all('USER');
  expect(others).toEqual([]);
  expect(Number(user?.split(':')[0])).toBeGreaterThan(1_000);
  expect(instructions.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
    instructions.findLastIndex(({ name }) => name === 'RUN' || name === 'COPY'),
  );
  expect(all('STOPSIGNAL')).toEqual(['SIGTERM']);
  // In this form the process is the container's first and gets its signals.
  expect(JSON.parse(all('ENTRYPOINT')[0] ?? '')).toEqual(['node', 'gpu-function/main.ts']);
  const [, check = ''] = (all('HEALTHCHECK')[0] ?? '').split(' CMD ');
  const [, file = ''] = JSON.parse(check.trim()) as string[];
  expect(existsSync(join(root, file))).toBe(true);
});

test('no instruction that linters refuse, and no secret', () => {
  const known = [
    'ARG',
    'FROM',
    'WORKDIR',
    'COPY',
    'RUN',
    'ENV',
    'VOLUME',
    'USER',
    'EXPOSE',
    'HEALTHCHECK',
    'STOPSIGNAL',
    'ENTRYPOINT',
  ];
  expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
  for (const folder of all('WORKDIR')) expect(folder).toMatch(/^\//);
  for (const command of all('RUN')) expect(command).not.toMatch(/;|\|/);
  expect([...all('ENV'), ...all('ARG')].join()).not.toMatch(/TOKEN|SECRET|PASSWORD|_KEY/);
});

/** The container's recipe stays true to the project: the same Node, files that exist, nothing secret. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const recipe = read('gpu-function/Dockerfile');

test('the image runs the Node that the project is tested with', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as {
    devDependencies: Record<string, string>;
  };
  expect(recipe).toContain(`ARG NODE_VERSION=${devDependencies['node']}\n`);
});

test('what is copied exists and is not kept from the builder', () => {
  const copied = [...recipe.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(
    (match) => match[1]?.split(' ') ?? [],
  );
  expect(copied).toContain('gpu-function');
  const sent = read('gpu-function/Dockerfile.dockerignore');
  for (const path of copied) {
    expect(existsSync(join(root, path))).toBe(true);
    expect(sent).toContain(`!${path}\n`);
  }
});

test('it runs without rights, asks for no moving tag, and holds no token', () => {
  expect(recipe).toMatch(/^USER (?!root)/m);
  for (const [line] of recipe.matchAll(/^FROM .+$/gm)) expect(line).toMatch(/\$\{\w+_VERSION\}/);
  expect(recipe).not.toMatch(/^ENV[^#]*TOKEN/m);
});

/** Style as a fact: sizes, names, leftovers, and the paths that the documents name. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder, readSources } from './source-files.ts';

const LINES_MAX = 320;
const BLOB_BYTES_MAX = 2 * 1024 * 1024;
/** Large on purpose: weights of the built-in models. */
const BLOB_FOLDERS = ['models/embedded/'];

const sources = readSources(['.ts', '.js', '.css', '.html']);
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: projectFolder, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(projectFolder, path)));
const documents = tracked.filter((path) => path.endsWith('.md'));
const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');

test('the checks see files', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(documents.length).toBeGreaterThan(2);
});

test('a file has one job: none is long', () => {
  const long = sources.filter((file) => file.text.split('\n').length > LINES_MAX);
  expect(long.map((file) => file.path)).toEqual([]);
});

test('file names are kebab-case', () => {
  const odd = sources.filter(
    (file) => !/^[a-z0-9][a-z0-9.-]*$/.test(file.path.split('/').at(-1) ?? ''),
  );
  expect(odd.map((file) => file.path)).toEqual([]);
});

test('nothing unfinished is left behind', () => {
  // The brackets keep this very line from being found.
  const marker = /TO[D]O|FIX[M]E|XX[X]|HA[C]K/;
  const left = sources.filter(
    (file) => marker.test(file.text) || /\b(test|describe|it)\.(only|skip)\(/.test(file.text),
  );
  expect(left.map((file) => file.path)).toEqual([]);
});

test('every source file opens by saying its role', () => {
  const silent = sources
    .filter((file) => file.path.endsWith('.ts'))
    .filter((file) => !/^(#![^\n]*\n)?(\/\*\*|\/\/)/.test(file.text));
  expect(silent.map((file) => file.path)).toEqual([]);
});

test('no machine, host or secret slips in', () => {
  const forbidden = [
    /(^|[^A-Za-z0-9])\/work\//,
    /registry\.npm/,
    /deb\.debian/,
    /xox[bp]-\d/,
    /AKIA[0-9A-Z]{16}/,
  ];
  const texts = tracked.filter((path) =>
    /\.(ts|js|json|md|css|html|yml|mjs|py|sh)$|^\.|Dockerfile/.test(path),
  );
  const found = texts
    .filter((path) => path !== 'test/tidy.test.ts')
    .filter((path) => forbidden.some((pattern) => pattern.test(read(path))));
  expect(found).toEqual([]);
});

test('no large file outside the weights', () => {
  const large = tracked
    .filter((path) => !BLOB_FOLDERS.some((folder) => path.startsWith(folder)))
    .filter((path) => statSync(join(projectFolder, path)).size > BLOB_BYTES_MAX);
  expect(large).toEqual([]);
});

test('a document has one title', () => {
  const odd = documents.filter((path) => {
    const prose = read(path).replaceAll(/```[\s\S]*?```/g, '');
    return (prose.match(/^# /gm) ?? []).length !== 1;
  });
  expect(odd).toEqual([]);
});

test('paths that the documents name exist', () => {
  const known = new Set(
    tracked.flatMap((path) => {
      const parts = path.split('/');
      return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    }),
  );
  const missing = documents.flatMap((document) => {
    const text = read(document);
    const quoted = [
      ...text.matchAll(/`((?:bot|gpu-function|infra|models|test|docs)\/[A-Za-z0-9_./-]*)`/g),
    ];
    const linked = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)[^)]*\)/g)].map(
      (match) => {
        const folder = document.split('/').slice(0, -1).join('/');
        return join(folder, match[1] ?? '');
      },
    );
    return [...quoted.map((match) => match[1] ?? ''), ...linked]
      .map((path) => path.replace(/\/$/, ''))
      .filter((path) => !known.has(path))
      .map((path) => `${document}: ${path}`);
  });
  expect(missing).toEqual([]);
});

test('npm scripts that the documents name exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = documents.flatMap((path) =>
    [...read(path).matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] ?? ''),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('the lock file knows every platform, or `npm ci` of npm 11 refuses it', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const isLocked = (from: string, name: string) =>
    foldersAbove(from).some((folder) => `${folder}node_modules/${name}` in lock.packages);
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(path, name))
      .map((name) => `${path} → ${name}`),
  );
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

/** Where npm looks for a package that is wanted at this place of the lock file, nearest first. */
function foldersAbove(path: string): string[] {
  const parent = path.lastIndexOf('/node_modules/');
  if (path === '') return [''];
  return [`${path}/`, ...foldersAbove(parent < 0 ? '' : path.slice(0, parent))];
}

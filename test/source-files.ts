/** The project's own files, for tests that read sources rather than run them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const SOURCE_FOLDERS = ['bot', 'gpu-function', 'infra', 'models', 'test'];
const IGNORED = new Set([
  'node_modules',
  'checkpoints',
  'downloaded',
  'output',
  'fixtures',
  'golden',
]);

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  path: string;
  text: string;
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** Every text file with one of the given endings under the source folders that exist. */
export function readSources(endings: readonly string[]): SourceFile[] {
  const present = new Set(readdirSync(projectFolder));
  return SOURCE_FOLDERS.filter((folder) => present.has(folder))
    .flatMap((folder) => walk(join(projectFolder, folder)))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({
      path: relative(projectFolder, path).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }));
}

/** The modules a source imports, as written: packages by name, own files as project paths. */
export function importsOf(file: SourceFile): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g;
  return [...file.text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    if (specifier.startsWith('#contract/')) return `gpu-function/contract/${specifier.slice(10)}`;
    if (!specifier.startsWith('.')) return specifier;
    const folder = dirname(join(projectFolder, file.path));
    return relative(projectFolder, resolve(folder, specifier)).split(sep).join('/');
  });
}

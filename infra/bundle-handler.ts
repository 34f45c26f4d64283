/** Packs a Lambda's TypeScript and all it imports into one file, so that a cold start reads one file and no more. */
import { buildSync } from 'esbuild';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '..');

/** Packages that come with native code and must not be in a bundle. */
const NATIVE = ['sharp', 'onnxruntime-node'];

/** ES modules of Node have no `require`, which some bundled packages ask for. */
const BANNER =
  "import { createRequire as createRequireOfBundle } from 'node:module';const require = createRequireOfBundle(import.meta.url);";

export interface Bundle {
  /** Holds index.mjs. */
  folder: string;
  sizeBytes: number;
  /** Files that went in, relative to the project. */
  inputs: string[];
}

/** `entry` is relative to the project. Throws esbuild's errors. */
export function bundleHandler(entry: string, outputFolder: string): Bundle {
  const folder = join(outputFolder, entry.replaceAll(/[^a-z0-9]+/gi, '-'));
  mkdirSync(folder, { recursive: true });
  const { metafile } = buildSync({
    absWorkingDir: projectFolder,
    entryPoints: [entry],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    legalComments: 'none',
    external: NATIVE,
    banner: { js: BANNER },
    metafile: true,
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  return { folder, sizeBytes: output?.bytes ?? 0, inputs: Object.keys(metafile.inputs) };
}

/** The icon sets that pictures are made from: npm packages, pinned in package.json beside this folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export const PACKAGES_FOLDER = join(import.meta.dirname, '..', 'node_modules');

export interface IconSet {
  id: string;
  packageName: string;
  /** `iconify`: icons.json with SVG bodies by name. `webp`: assets/<code points>.webp. */
  format: 'iconify' | 'webp';
  /** Words that a caption may name the set's manner with; none where it has no manner of its own. */
  styles: readonly string[];
}

/** Sets that put every icon on a disc are left out: the disc would be learnt with the thing. */
export const ICON_SETS: readonly IconSet[] = [
  {
    id: 'fluent-3d',
    packageName: '@lobehub/fluent-emoji-3d',
    format: 'webp',
    styles: ['3d', 'glossy'],
  },
  {
    id: 'fluent',
    packageName: '@iconify-json/fluent-emoji',
    format: 'iconify',
    styles: ['fluent', 'shaded'],
  },
  {
    id: 'fluent-flat',
    packageName: '@iconify-json/fluent-emoji-flat',
    format: 'iconify',
    styles: ['flat'],
  },
  { id: 'noto', packageName: '@iconify-json/noto', format: 'iconify', styles: ['noto'] },
  { id: 'noto-v1', packageName: '@iconify-json/noto-v1', format: 'iconify', styles: ['noto'] },
  {
    id: 'twemoji',
    packageName: '@iconify-json/twemoji',
    format: 'iconify',
    styles: ['twemoji', 'simple'],
  },
  { id: 'fxemoji', packageName: '@iconify-json/fxemoji', format: 'iconify', styles: [] },
  { id: 'emojione', packageName: '@iconify-json/emojione', format: 'iconify', styles: [] },
  {
    id: 'streamline',
    packageName: '@iconify-json/streamline-emojis',
    format: 'iconify',
    styles: ['outlined'],
  },
  {
    id: 'plump',
    packageName: '@iconify-json/streamline-plump-color',
    format: 'iconify',
    styles: [],
  },
  {
    id: 'ultimate',
    packageName: '@iconify-json/streamline-ultimate-color',
    format: 'iconify',
    styles: [],
  },
  {
    id: 'stickies',
    packageName: '@iconify-json/streamline-stickies-color',
    format: 'iconify',
    styles: [],
  },
  {
    id: 'flat-color',
    packageName: '@iconify-json/flat-color-icons',
    format: 'iconify',
    styles: [],
  },
];

/** Licences that allow a work made from many works; share-alike and non-commercial ones do not. */
const ALLOWED_LICENCES = new Set(['MIT', 'Apache-2.0', 'CC-BY-4.0', 'CC0-1.0', 'ISC']);

export interface SetLicence {
  packageName: string;
  version: string;
  /** SPDX id. */
  licence: string;
  author: string;
  source: string;
}

const packageSchema = z.looseObject({
  version: z.string(),
  license: z.string(),
  homepage: z.string().optional(),
  author: z.union([z.string(), z.looseObject({ name: z.string() })]).optional(),
});
const infoSchema = z.looseObject({
  author: z.looseObject({ name: z.string(), url: z.string().optional() }),
  license: z.looseObject({ spdx: z.string() }),
});

/**
 * What the installed package itself says. Throws an Error with the remedy when the package is missing, says two things,
 * or has a licence that is not allowed.
 */
export function readLicence({ packageName, format }: IconSet): SetLicence {
  const described = packageSchema.parse(readPackageFile(packageName, 'package.json'));
  const info =
    format === 'iconify' ? infoSchema.parse(readPackageFile(packageName, 'info.json')) : undefined;
  const licence = info?.license.spdx ?? described.license;
  if (licence !== described.license) {
    throw new Error(
      `${packageName} says ${described.license} in package.json but ${licence} in info.json; leave it out until that is clear.`,
    );
  }
  if (!ALLOWED_LICENCES.has(licence)) {
    throw new Error(
      `${packageName} is under ${licence}; only ${[...ALLOWED_LICENCES].join(', ')} may be used.`,
    );
  }
  const { author } = described;
  const packager = typeof author === 'object' ? author.name : author;
  return {
    packageName,
    version: described.version,
    licence,
    author: info?.author.name ?? packager ?? 'not stated',
    source: info?.author.url ?? described.homepage ?? 'not stated',
  };
}

/** A JSON file of an installed package. Throws an Error that says what to run when it is not there. */
export function readPackageFile(packageName: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(join(PACKAGES_FOLDER, packageName, file), 'utf8'));
  } catch (cause) {
    throw new Error(
      `${packageName}/${file} cannot be read; run: npm ci --ignore-scripts --prefix models/training`,
      { cause },
    );
  }
}

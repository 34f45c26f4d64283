/** `npm run models -- list`: what is installed, and what can be pulled. */
import { CATALOG } from '../catalog.ts';
import { formatBytes } from '../fetch/disk-error.ts';
import { chooseDefaultId, describePackage, type FoundPackage } from '../store.ts';
import { toTable } from '../text-table.ts';
import { EXIT, readVariable, type Answer } from './answer.ts';

export function listModels(found: readonly FoundPackage[]): Answer {
  const defaultId = chooseDefaultId(found, readVariable('DEFAULT_MODEL'));
  const models = found.map((entry) => ({
    ...describePackage(entry),
    isDefault: entry.id === defaultId,
  }));
  const rows = models.map((model) => [
    `${model.id}${model.isDefault ? ' (default)' : ''}`,
    model.problem === undefined ? `${model.defaults.widthPx}×${model.defaults.heightPx}` : '–',
    formatBytes(model.sizeBytes),
    model.licence,
    model.problem ?? 'ok',
  ]);
  const installed =
    rows.length === 0
      ? 'There are no models; pull one of these.'
      : toTable(['ID', 'PICTURE', 'SIZE', 'LICENCE', 'STATE'], rows);
  const installedIds = new Set(found.map(({ id }) => id));
  return {
    exitCode: EXIT.ok,
    json: models,
    text: `${installed}\n\n${describeCatalog(installedIds)}`,
  };
}

/** `npm run models -- list --catalog`. */
export function listCatalog(): Answer {
  return { exitCode: EXIT.ok, json: CATALOG, text: describeCatalog(new Set()) };
}

const COMMERCIAL_USE = { yes: 'yes', conditions: 'with conditions', no: 'NO', unknown: 'see card' };

function describeCatalog(installedIds: ReadonlySet<string>): string {
  const rows = CATALOG.filter(({ id }) => !installedIds.has(id)).map((entry) => [
    entry.id,
    entry.family,
    `${entry.defaults.widthPx}×${entry.defaults.heightPx}`,
    formatBytes(entry.sizeBytes),
    entry.licence.name,
    COMMERCIAL_USE[entry.licence.commercialUse],
    entry.runsOn === 'cuda' ? 'CUDA only' : entry.precision,
  ]);
  const heads = ['TO PULL', 'FAMILY', 'PICTURE', 'ABOUT', 'LICENCE', 'COMMERCIAL USE', 'KIND'];
  return `${toTable(heads, rows)}\n\nTo get one: npm run models -- pull ID. ID may also be owner/name on the hub, s3://bucket/prefix, or a folder.`;
}

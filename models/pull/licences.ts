/** The licences that models come under, by the ids that hubs give them, and what a person must know before using one. */
import { isNonCommercial } from '../read-licence.ts';
import type { StatedLicence } from '../sources/package-source.ts';

export interface Licence {
  /** As the manifest keeps it. */
  name: string;
  /** `conditions`: allowed with limits that the text states. `unknown`: nobody here has read it. */
  commercialUse: 'yes' | 'conditions' | 'no' | 'unknown';
  link?: string | undefined;
}

const CHOOSE_A_LICENSE = 'https://choosealicense.com/licenses';

const KNOWN: Readonly<Record<string, Licence>> = {
  mit: { name: 'MIT', commercialUse: 'yes', link: `${CHOOSE_A_LICENSE}/mit/` },
  'apache-2.0': {
    name: 'Apache-2.0',
    commercialUse: 'yes',
    link: `${CHOOSE_A_LICENSE}/apache-2.0/`,
  },
  'bsd-3-clause': {
    name: 'BSD-3-Clause',
    commercialUse: 'yes',
    link: `${CHOOSE_A_LICENSE}/bsd-3-clause/`,
  },
  'cc-by-4.0': {
    name: 'CC BY 4.0',
    commercialUse: 'yes',
    link: 'https://creativecommons.org/licenses/by/4.0/',
  },
  'cc-by-nc-4.0': {
    name: 'CC BY-NC 4.0',
    commercialUse: 'no',
    link: 'https://creativecommons.org/licenses/by-nc/4.0/',
  },
  'cc-by-nc-sa-4.0': {
    name: 'CC BY-NC-SA 4.0',
    commercialUse: 'no',
    link: 'https://creativecommons.org/licenses/by-nc-sa/4.0/',
  },
  'creativeml-openrail-m': {
    name: 'CreativeML OpenRAIL-M',
    commercialUse: 'conditions',
    link: 'https://huggingface.co/spaces/CompVis/stable-diffusion-license',
  },
  'bigscience-openrail-m': { name: 'BigScience OpenRAIL-M', commercialUse: 'conditions' },
  openrail: { name: 'OpenRAIL', commercialUse: 'conditions' },
  'openrail++': { name: 'CreativeML Open RAIL++-M', commercialUse: 'conditions' },
  'sai-nc-community': { name: 'Stability AI Non-Commercial Community', commercialUse: 'no' },
  'stabilityai-ai-community': { name: 'Stability AI Community', commercialUse: 'conditions' },
};

/** `known`: what the catalog says of the package, where the card is silent. */
export function describeLicence(stated: StatedLicence, known?: Licence): Licence {
  const byId = stated.id === undefined ? undefined : KNOWN[stated.id.toLowerCase()];
  const byName = stated.name === undefined ? undefined : KNOWN[stated.name.toLowerCase()];
  const found = byId ?? byName;
  if (found !== undefined) return { ...found, link: stated.link ?? found.link };
  const words = stated.name ?? (stated.id === 'other' ? undefined : stated.id);
  if (words === undefined && known !== undefined)
    return { ...known, link: stated.link ?? known.link };
  return {
    name: words ?? 'not stated',
    commercialUse:
      words !== undefined && isNonCommercial(words) ? 'no' : (known?.commercialUse ?? 'unknown'),
    link: stated.link ?? known?.link,
  };
}

/** By the id that hubs use; throws for one that is not in the table. */
export function knownLicence(id: string): Licence {
  const licence = KNOWN[id];
  if (licence === undefined) throw new Error(`The licence "${id}" is not in the table.`);
  return licence;
}

const COMMERCIAL_USE: Readonly<Record<Licence['commercialUse'], string>> = {
  yes: 'commercial use is allowed',
  conditions: 'commercial use is allowed under the conditions that its text states',
  no: 'NO commercial use',
  unknown: 'read it before you use the pictures',
};

/** One line for a person. */
export function toLicenceLine({ name, commercialUse, link }: Licence): string {
  const where = link === undefined ? '' : ` (${link})`;
  return `${name}: ${COMMERCIAL_USE[commercialUse]}${where}`;
}

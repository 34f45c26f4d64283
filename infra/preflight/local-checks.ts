/** Checks of what lies on this machine: settings, tools, licence. They take values and give findings. */
import type { CatalogEntry } from '../../models/catalog.ts';
import type { InfraConfig } from '../config.ts';
import type { Finding } from './finding.ts';

/** `regions`: those that the pinned CDK knows. */
export function checkRegion(region: string | undefined, regions: readonly string[]): Finding {
  if (region === undefined || region === '') {
    return {
      kind: 'missing',
      text: 'Region: none is set; write "region" in cdk.json under "imagine", or set AWS_REGION.',
    };
  }
  if (!regions.includes(region)) {
    return {
      kind: 'missing',
      text: `Region: the CDK knows no "${region}"; choose one such as us-east-1 or eu-central-1.`,
    };
  }
  return { kind: 'ok', text: `Region: ${region}.` };
}

/** `pinned`: as package.json has it; `installed`: undefined when there is none. */
export function checkCli(pinned: string | undefined, installed: string | undefined): Finding {
  if (pinned === undefined || !/^\d+\.\d+\.\d+$/.test(pinned)) {
    return {
      kind: 'missing',
      text: `CDK command line: package.json asks for "${pinned ?? 'nothing'}"; write one exact version of aws-cdk.`,
    };
  }
  if (installed !== pinned) {
    const found = installed === undefined ? 'is not installed' : `is ${installed}`;
    return {
      kind: 'missing',
      text: `CDK command line: it ${found}, package.json pins ${pinned}; run "npm ci".`,
    };
  }
  return { kind: 'ok', text: `CDK command line: ${pinned}, as pinned.` };
}

export type Builder =
  | { kind: 'answers'; command: string }
  | { kind: 'absent' | 'silent'; command: string };

export function checkBuilder({ kind, command }: Builder): Finding {
  switch (kind) {
    case 'answers':
      return { kind: 'ok', text: `Image build: ${command} answers.` };
    case 'absent':
      return {
        kind: 'missing',
        text: `Image build: there is no "${command}"; install Docker, or set CDK_DOCKER to a tool with the same commands, such as podman.`,
      };
    case 'silent':
      return {
        kind: 'missing',
        text: `Image build: "${command}" is here but its service does not answer; start it.`,
      };
  }
}

/** Whoever deploys a model with conditions says in cdk.json that its licence was read. */
export function checkLicence(
  { modelId, acceptedLicence }: Pick<InfraConfig, 'modelId' | 'acceptedLicence'>,
  catalog: readonly Pick<CatalogEntry, 'id' | 'licence'>[],
): Finding {
  if (modelId === undefined) {
    return { kind: 'ok', text: 'Model licence: the built-in model needs no consent.' };
  }
  const licence = catalog.find(({ id }) => id === modelId)?.licence;
  if (licence?.commercialUse === 'yes') {
    return { kind: 'ok', text: `Model licence: ${modelId} is under ${licence.name}.` };
  }
  const name = licence?.name;
  if (acceptedLicence !== undefined && (name === undefined || acceptedLicence === name)) {
    return { kind: 'ok', text: `Model licence: "${acceptedLicence}" of ${modelId} is accepted.` };
  }
  if (name === undefined) {
    return {
      kind: 'missing',
      text: `Model licence: "${modelId}" is not in the list of known models; read its licence and write its name as "acceptedLicence" in cdk.json.`,
    };
  }
  const where = licence?.link === undefined ? '' : ` (${licence.link})`;
  const limit = licence?.commercialUse === 'no' ? ', which forbids commercial use' : '';
  return {
    kind: 'missing',
    text: `Model licence: ${modelId} is under "${name}"${where}${limit}; read it and write "acceptedLicence": "${name}" in cdk.json.`,
  };
}

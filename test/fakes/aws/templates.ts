/** The stacks' templates, synthesised once for all tests that read them, and their values with local names put in. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createImagineApp } from '../../../infra/create-app.ts';
import { projectFolder, readSources } from '../../source-files.ts';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown; Export?: { Name: string } }>;
}

export interface Templates {
  data: Template;
  compute: Template;
}

/** Both chats, so that everything is there. */
const CONTEXT = {
  discord: { publicKey: 'ab'.repeat(32), applicationId: '123456789012345678' },
  slack: true,
  alarmEmail: 'operator@example.com',
};

/** Keeps the result under a name made of everything that it depends on. */
export function readTemplates(): Templates {
  const kept = join(tmpdir(), `imagine-templates-${toFingerprint()}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Templates;
  const outdir = mkdtempSync(join(tmpdir(), 'imagine-synth-'));
  const assembly = createImagineApp({ context: CONTEXT, outdir }).app.synth();
  const templates: Templates = {
    data: assembly.getStackByName('imagine-data').template as Template,
    compute: assembly.getStackByName('imagine').template as Template,
  };
  writeFileSync(`${kept}.${process.pid}`, JSON.stringify(templates));
  renameSync(`${kept}.${process.pid}`, kept);
  return templates;
}

function toFingerprint(): string {
  const hash = createHash('sha256').update(JSON.stringify(CONTEXT));
  for (const { path, text } of readSources(['.ts'])) {
    if (/^(infra|bot|gpu-function)\//.test(path)) hash.update(path).update(text);
  }
  for (const path of ['cdk.json', 'package-lock.json', 'infra/prices.json']) {
    hash.update(readFileSync(join(projectFolder, path)));
  }
  return hash.digest('hex').slice(0, 16);
}

export function ofType(template: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The one resource of the type whose logical id begins so. */
export function find(template: Template, type: string, prefix: string): Resource {
  const found = ofType(template, type).filter(([id]) => id.startsWith(prefix));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of ${type} begin with ${prefix}`);
  }
  return only[1];
}

/** A value of the compute template as text, with `names` for logical ids of both templates. */
export function resolve(
  value: unknown,
  templates: Templates,
  names: Readonly<Record<string, string>>,
): string {
  if (typeof value === 'string') return value;
  const [[operation, operand] = []] = Object.entries(value as Record<string, unknown>);
  switch (operation) {
    case 'Ref':
      return names[operand as string] ?? (operand as string);
    case 'Fn::GetAtt':
      return names[(operand as string[])[0] ?? ''] ?? (operand as string[]).join('.');
    case 'Fn::Join': {
      const [separator, parts] = operand as [string, unknown[]];
      return parts.map((part) => resolve(part, templates, names)).join(separator);
    }
    case 'Fn::ImportValue': {
      const output = Object.values(templates.data.Outputs).find(
        ({ Export }) => Export?.Name === operand,
      );
      return resolve(output?.Value ?? '', templates, names);
    }
    case undefined:
    default:
      return '';
  }
}

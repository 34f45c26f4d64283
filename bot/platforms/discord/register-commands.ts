/** Registers the commands, and does nothing where they are registered already: 200 writes a day are all there are. */
import * as z from 'zod';
import type { DiscordApi } from './api.ts';
import { listCommands, type CommandBody } from './commands.ts';

const registeredSchema = z.array(
  z.looseObject({
    type: z.number().default(1),
    name: z.string(),
    description: z.string().nullish(),
    options: z.array(z.looseObject({ name: z.string() })).nullish(),
    integration_types: z.array(z.number()).nullish(),
    contexts: z.array(z.number()).nullish(),
    default_member_permissions: z.string().nullish(),
  }),
);

/** True when something was written. */
export async function registerCommands(api: DiscordApi, applicationId: string): Promise<boolean> {
  const path = `/applications/${applicationId}/commands` as const;
  const wanted = listCommands();
  if (await areRegistered(api, applicationId)) return false;
  await api.request({ method: 'PUT', path, body: wanted, isBot: true });
  return true;
}

export async function areRegistered(api: DiscordApi, applicationId: string): Promise<boolean> {
  const path = `/applications/${applicationId}/commands` as const;
  const known = registeredSchema.safeParse(await api.request({ method: 'GET', path, isBot: true }));
  if (!known.success) return false;
  const toKeys = (commands: readonly unknown[]) =>
    commands.map((command) => JSON.stringify(command)).sort();
  const [registered, wanted] = [
    toKeys(known.data.map(comparable)),
    toKeys(listCommands().map(comparable)),
  ];
  return JSON.stringify(registered) === JSON.stringify(wanted);
}

/** Only what the bot decides, with defaults left out: Discord adds ids, versions and fields of its own. */
function comparable(command: CommandBody | z.infer<typeof registeredSchema>[number]) {
  const { type, name, description, options, contexts } = command;
  return {
    type,
    name,
    description: description ?? '',
    options: (options ?? []).map((option) => sorted(option as Record<string, unknown>)),
    contexts: [...(contexts ?? [])].sort(ascending),
    integrationTypes: [...(command.integration_types ?? [])].sort(ascending),
    permissions: String(command.default_member_permissions ?? ''),
  };
}

function sorted(option: Record<string, unknown>): [string, unknown][] {
  return Object.entries(option)
    .filter(([name]) => OPTION_FIELDS.has(name))
    .filter(([, value]) => value !== undefined && value !== null && value !== false)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

const ascending = (left: number, right: number): number => left - right;

const OPTION_FIELDS = new Set([
  'type',
  'name',
  'description',
  'required',
  'autocomplete',
  'min_value',
  'max_value',
  'max_length',
  'choices',
]);

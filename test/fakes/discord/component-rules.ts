/** The rules for components that a schema of one component cannot say: totals, uniqueness, references. */
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { Json } from './world.ts';

const COMPONENTS_MAX = 40;
const TEXT_CHARACTERS_MAX = 4_000;
const CUSTOM_ID_CHARACTERS_MAX = 100;

/** The component and everything inside it, in reading order. */
export function flatten(component: Json): Json[] {
  const inside = [
    ...(component.components ?? []),
    ...(component.component === undefined ? [] : [component.component]),
    ...(component.accessory === undefined ? [] : [component.accessory]),
  ];
  return [component, ...inside.flatMap((child: Json) => flatten(child))];
}

/** Names of files that the components show: `attachment://name`. */
export function referencedFiles(components: readonly Json[]): string[] {
  return components
    .flatMap((component) => flatten(component))
    .flatMap((component) => [
      ...(component.items ?? []).map((item: Json) => item.media?.url),
      component.media?.url,
      component.file?.url,
    ])
    .filter((url): url is string => typeof url === 'string' && url.startsWith('attachment://'))
    .map((url) => url.slice('attachment://'.length));
}

/** One sentence per broken rule of a message with the components-v2 flag. */
export function findComponentProblems(components: readonly Json[]): string[] {
  const all = components.flatMap((component) => flatten(component));
  const problems: string[] = [];
  if (all.length > COMPONENTS_MAX) problems.push(`${all.length} components, ${COMPONENTS_MAX} fit`);
  const characters = all
    .filter((component) => component.type === ComponentType.TextDisplay)
    .reduce((sum, component) => sum + component.content.length, 0);
  if (characters > TEXT_CHARACTERS_MAX) {
    problems.push(`${characters} characters of text, ${TEXT_CHARACTERS_MAX} fit`);
  }
  problems.push(...findCustomIdProblems(all));
  for (const component of all) {
    if (component.type === ComponentType.ActionRow) problems.push(...findRowProblems(component));
    for (const item of component.items ?? []) {
      if ((item.description ?? '') === '') problems.push('a picture without alt text');
    }
  }
  return problems;
}

export function findCustomIdProblems(all: readonly Json[]): string[] {
  const ids = all.map((component) => component.custom_id).filter((id) => id !== undefined);
  const problems = ids
    .filter((id) => typeof id !== 'string' || id === '' || id.length > CUSTOM_ID_CHARACTERS_MAX)
    .map((id) => `custom_id ${JSON.stringify(id)} must have 1–100 characters`);
  if (new Set(ids).size < ids.length) problems.push('a custom_id occurs twice');
  return problems;
}

function findRowProblems(row: Json): string[] {
  const isButtons = row.components.every((child: Json) => child.type === ComponentType.Button);
  if (!isButtons && row.components.length > 1) return ['a row holds buttons or one select menu'];
  return row.components.flatMap((button: Json) => {
    const isLink = button.style === ButtonStyle.Link;
    if (isButtons && isLink !== (button.custom_id === undefined)) {
      return [`button ${button.label}: a link has an url, every other button a custom_id`];
    }
    return isButtons && button.label === undefined && button.emoji === undefined
      ? ['a button needs a label or an emoji']
      : [];
  });
}

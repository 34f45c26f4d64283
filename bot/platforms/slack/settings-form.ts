/** The form for a person's own defaults. */
import type { ModelDescription } from '#contract/model-description.ts';
import { SAMPLER_IDS, type SamplerId } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { findFlag } from '../../core/flags.ts';
import { readAspect } from '../../core/flag-values.ts';
import type { UserSettings } from '../../core/settings.ts';
import type { Block } from './blocks.ts';
import { choiceField, modal, numberField, switchField, textField } from './inputs.ts';
import type { FieldValue } from './parse.ts';

export const SETTINGS_FORM = 'settings-form';

const fixedChoices = (name: string): readonly string[] => {
  const choices = findFlag(name)?.choices;
  return choices?.kind === 'fixed' ? choices.values : [];
};
const show = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

export function renderSettingsForm(
  settings: UserSettings,
  models: readonly ModelDescription[],
  metadata: string,
): Block {
  const { aspect } = settings;
  const styles = [...new Set(models.flatMap((model) => model.styles))];
  return modal({
    callbackId: SETTINGS_FORM,
    title: 'Your settings',
    submit: 'Save',
    metadata,
    blocks: [
      ...choiceField(
        { id: 'aspect', label: 'Aspect ratio' },
        aspect && `${aspect.width}:${aspect.height}`,
        fixedChoices('ar'),
      ),
      ...choiceField(
        { id: 'count', label: 'Number of pictures' },
        show(settings.count),
        fixedChoices('count'),
      ),
      ...choiceField(
        { id: 'modelId', label: 'Model' },
        settings.modelId,
        models.map(({ id }) => id),
      ),
      ...choiceField({ id: 'style', label: 'Style' }, settings.style, styles),
      numberField({ id: 'steps', label: 'Steps' }, settings.steps, {
        ...LIMITS.steps,
        isWhole: true,
      }),
      numberField({ id: 'guidanceScale', label: 'Guidance' }, settings.guidanceScale, {
        ...LIMITS.guidanceScale,
        isWhole: false,
      }),
      ...choiceField({ id: 'sampler', label: 'Sampler' }, settings.sampler, SAMPLER_IDS),
      textField(
        { id: 'negativePrompt', label: 'What pictures should not show' },
        settings.negativePrompt ?? '',
      ),
      switchField(
        { id: 'isPrivate', label: 'Who sees it' },
        'Only I see my pictures',
        settings.isPrivate === true,
      ),
    ],
  });
}

/** Every field of the form: what is empty is taken back. Throws CommandError for an aspect that is none. */
export function readSettingsForm(
  fields: Readonly<Record<string, FieldValue>>,
): Partial<UserSettings> {
  const text = (id: string): string | undefined => fields[id]?.text;
  const number = (id: string): number | undefined =>
    text(id) === undefined ? undefined : Number(text(id));
  const aspect = text('aspect');
  return {
    aspect: aspect === undefined ? undefined : readAspect('The aspect ratio', aspect),
    count: number('count'),
    modelId: text('modelId'),
    style: text('style'),
    steps: number('steps'),
    guidanceScale: number('guidanceScale'),
    sampler: SAMPLER_IDS.find((id): id is SamplerId => id === text('sampler')),
    negativePrompt: text('negativePrompt'),
    isPrivate: text('isPrivate') === 'yes' ? true : undefined,
  };
}

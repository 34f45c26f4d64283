/** The edit form: a command taken apart into fields and put together again is the same command. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelDescription } from '#contract/model-description.ts';
import { formatCommand } from '../../../../bot/core/format-command.ts';
import { parseCommand } from '../../../../bot/core/parse-command.ts';
import { fromEditForm, toEditForm } from '../../../../bot/platforms/discord/modal.ts';
import { anyRequest } from '../../../fakes/command-arbitrary.ts';
import { findSchemaProblem } from '../../../fakes/discord/schemas.ts';
import { TEST_MODEL } from '../../../fakes/fake-backend.ts';
import type { Json } from '../../../fakes/discord/world.ts';

const DEFAULTS = { defaultCount: 4 };

/** What Discord sends back when a person changes nothing. */
function toFields(form: Json): Record<string, string> {
  return Object.fromEntries(
    form.components.map(({ component }: Json) => [
      component.custom_id,
      component.value ??
        component.options?.find((option: Json) => option.default === true)?.value ??
        '',
    ]),
  );
}

test('a form that is sent as it was opened asks for the same', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const command = formatCommand(request, DEFAULTS);
      const form = toEditForm(command, [TEST_MODEL]);
      expect(findSchemaProblem('interaction-modal', { type: 9, data: form })).toBeUndefined();
      const read = parseCommand(fromEditForm(toFields(form)), DEFAULTS).request;
      expect(read).toEqual(parseCommand(command, DEFAULTS).request);
    }),
    { numRuns: 200 },
  );
});

test('a command that cannot be read stands in the prompt as it is', () => {
  const form = toEditForm('a red apple --nonsense 7', []);
  expect(toFields(form)['prompt']).toBe('a red apple --nonsense 7');
});

test('more models than a menu holds do no harm', () => {
  const models: ModelDescription[] = Array.from({ length: 60 }, (_, index) => ({
    ...TEST_MODEL,
    id: `model-${index}`,
    name: 'x'.repeat(120),
  }));
  const form = toEditForm('a red apple --model model-59', models);
  expect(findSchemaProblem('interaction-modal', { type: 9, data: form })).toBeUndefined();
  expect(toFields(form)['model']).toBe('model-59');
});

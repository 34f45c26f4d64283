// @ts-check
/** The first screen of an empty channel. */
import { element } from './dom.js';

/** Things that the built-in model draws well. */
const EXAMPLES = [
  'a red apple',
  'a sunflower',
  'a strawberry',
  'a purple heart',
  'a blue car',
  'an orange on a blue background',
];
/** How far each of the decorative discs has come out of the noise. */
const STAGES = 5;

/**
 * @param {HTMLElement} root
 * @param {(command: string) => void} onStart
 */
export function setUpWelcome(root, onStart) {
  const stages = element('div', { class: 'stages', 'aria-hidden': 'true' });
  for (let stage = 1; stage <= STAGES; stage += 1) {
    stages.append(element('span', { class: `stage is-stage-${stage}` }));
  }
  const chips = element('div', { class: 'chips', role: 'group', 'aria-label': 'Examples' });
  for (const example of EXAMPLES) {
    const chip = element(
      'button',
      { type: 'button', class: 'chip', 'data-testid': 'example' },
      example,
    );
    chip.addEventListener('click', () => onStart(`/imagine ${example}`));
    chips.append(chip);
  }
  root.append(
    stages,
    element('h2', {}, 'What would you like to see?'),
    element(
      'p',
      {},
      'Type it after ',
      element('code', {}, '/imagine'),
      ' and watch it come out of the noise. Or start with one of these:',
    ),
    chips,
  );
}

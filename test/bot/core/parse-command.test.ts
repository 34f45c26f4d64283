/** The command language: what is understood, what is forgiven, and the sentence for each mistake. */
import { describe, expect, test } from 'vitest';
import { SAMPLER_IDS } from '#contract/generation-request.ts';
import { CommandError } from '../../../bot/core/command-error.ts';
import type { CommandRequest } from '../../../bot/core/command-draft.ts';
import { FLAGS } from '../../../bot/core/flags.ts';
import { parseCommand } from '../../../bot/core/parse-command.ts';

const parse = (text: string): CommandRequest => parseCommand(text, { defaultCount: 4 }).request;

describe('what people type', () => {
  test.each<[string, Partial<CommandRequest>]>([
    ['a red apple', { prompt: 'a red apple', count: 4, size: { kind: 'default' } }],
    ['--seed 7 a red --ar 3:2 apple', { prompt: 'a red apple', seed: 7 }],
    ['x --ar 3:2', { size: { kind: 'aspect', width: 3, height: 2 } }],
    ['x --aspect 16x9', { size: { kind: 'aspect', width: 16, height: 9 } }],
    ['x --ar 1920:1080', { size: { kind: 'aspect', width: 16, height: 9 } }],
    ['x --size 512x768', { size: { kind: 'pixels', widthPx: 512, heightPx: 768 } }],
    ['x --size 512', { size: { kind: 'pixels', widthPx: 512, heightPx: 512 } }],
    ['x --height 768 --width 512', { size: { kind: 'pixels', widthPx: 512, heightPx: 768 } }],
    ['x --no text, people --seed 7', { negativePrompt: 'text, people', seed: 7 }],
    ['x --negative "blurry, dark" sky', { prompt: 'x sky', negativePrompt: 'blurry, dark' }],
    ['x --no text --no people', { negativePrompt: 'text, people' }],
    ['x --steps 20 --cfg 5 --rescale 0.7', { steps: 20, guidanceScale: 5, guidanceRescale: 0.7 }],
    ['x --eta 0.5 --s-churn 10 --s-noise 1', { eta: 0.5, sChurn: 10, sNoise: 1 }],
    [
      '(x:1.2) --emphasis ComfyUI --clip-skip 2',
      { prompt: '(x:1.2)', promptWeighting: 'comfyui', clipSkip: 2 },
    ],
    ['x --guidance 7.5', { guidanceScale: 7.5 }],
    ['x --scale 7,5', { guidanceScale: 7.5 }],
    ['x --n 2 --model sd-1.5 --style 3d', { count: 2, modelId: 'sd-1.5', style: '3d' }],
    ['x --variation 42:0.35', { variations: [{ seed: 42, strength: 0.35 }] }],
    [
      'x --variation 1:0.5,2:1',
      {
        variations: [
          { seed: 1, strength: 0.5 },
          { seed: 2, strength: 1 },
        ],
      },
    ],
    ['x --seed 4294967295', { seed: 4_294_967_295 }],
    ['x --seed 7, y', { prompt: 'x y', seed: 7 }],
  ])('%j', (text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test.each([
    ['dpm++ 2m karras', 'dpmpp-2m', 'karras'],
    ['DPM++ 2M', 'dpmpp-2m', undefined],
    ['dpmpp_2m', 'dpmpp-2m', undefined],
    ['dpmpp_2m_karras', 'dpmpp-2m', 'karras'],
    ['DPMSolverMultistepScheduler', 'dpmpp-2m', undefined],
    ['Euler a', 'euler-ancestral', undefined],
    ['euler_ancestral', 'euler-ancestral', undefined],
    ['k_euler_a', 'euler-ancestral', undefined],
    ['EulerAncestralDiscreteScheduler', 'euler-ancestral', undefined],
    ['euler karras', 'euler', 'karras'],
    ['EulerDiscreteScheduler', 'euler', undefined],
    ['k_euler', 'euler', undefined],
    ['DDIM', 'ddim', undefined],
    ['DDIMScheduler', 'ddim', undefined],
    ['ddpm', 'ddpm', undefined],
  ])('the sampler %s, with and without quotes', (name, sampler, spacing) => {
    expect(parse(`x --sampler "${name}" y`)).toMatchObject({ prompt: 'x y', sampler });
    const bare = parse(`x --sampler ${name}`);
    expect([bare.sampler, bare.spacing]).toEqual([sampler, spacing]);
  });

  test('a number may be written as the messages write it', () => {
    expect(parse('x --steps 1,000').steps).toBe(1_000);
  });

  test('an article after a sampler belongs to the prompt', () => {
    expect(parse('--sampler euler a red apple')).toMatchObject({
      prompt: 'a red apple',
      sampler: 'euler',
    });
    expect(parse('--sampler dpm++ 2m karras a red apple').prompt).toBe('a red apple');
  });
});

describe('what phones and habits do to it', () => {
  test.each([
    ['x —seed 7', 7],
    ['x –seed 7', 7],
    ['x ―seed 7', 7],
    ['x —-seed 7', 7],
    ['x --seed=7', 7],
    ['x —seed=7', 7],
    ['x --seed: 7', 7],
    ['x --SEED 7', 7],
    ['  x \u00a0 --seed \n\t 7  ', 7],
    ['x --seed “7”', 7],
  ])('%j is forgiven', (text, seed) => {
    expect(parse(text)).toMatchObject({ prompt: 'x', seed });
  });

  test.each([
    ['"rock -- and roll"', 'rock -- and roll'],
    ['“rock --and roll”', 'rock --and roll'],
    ['a band playing "rock --and roll"', 'a band playing "rock --and roll"'],
    ['a “rock --and roll” band', 'a “rock --and roll” band'],
    ['("rock --and roll")', '("rock --and roll")'],
    ['rock -- and roll', 'rock -- and roll'],
    ['a well-known red--green apple', 'a well-known red--green apple'],
    ['-5 degrees, --5, a -b', '-5 degrees, --5, a -b'],
    ['an old man — tired — rests', 'an old man — tired — rests'],
    ['an old man —tired— rests', 'an old man —tired— rests'],
    ['a 5" nail and a 6" nail', 'a 5" nail and a 6" nail'],
    ['say "hello', 'say "hello'],
    [`it's a dog's life`, `it's a dog's life`],
    ['a   red\n\u00a0apple', 'a red apple'],
    ['*bold* _x_ <@1> @everyone', '*bold* _x_ <@1> @everyone'],
    ['👩‍👩‍👧 ein Äpfel 林檎', '👩‍👩‍👧 ein Äpfel 林檎'],
  ])('%j is only text', (text, prompt) => {
    expect(parse(text)).toMatchObject({ prompt, seed: undefined, negativePrompt: '' });
  });

  test('an inch mark does not hide a flag', () => {
    expect(parse('a 5" nail --seed 7')).toMatchObject({ prompt: 'a 5" nail', seed: 7 });
  });
});

describe('a mistake gets one sentence with the value and the remedy', () => {
  test.each([
    ['', 'The prompt is empty; say what to draw, such as /imagine a red apple on a table.'],
    ['""', 'The prompt is empty; say what to draw, such as /imagine a red apple on a table.'],
    ['--seed 7', 'The prompt is empty; say what to draw, such as /imagine a red apple on a table.'],
    ['x'.repeat(10_000), 'The prompt has 10,000 characters; shorten it to 2,000 or fewer.'],
    [
      `x --no ${'y'.repeat(2_001)}`,
      'The list after --no has 2,001 characters; shorten it to 2,000 or fewer.',
    ],
    ['x'.repeat(1_000_000), 'The command has 1,000,000 characters; shorten it to 2,000 or fewer.'],
    ['x --sede 7', '--sede is not a flag; did you mean --seed?'],
    ['x --aspectratio 3:2', '--aspectratio is not a flag; did you mean --aspect-ratio?'],
    ['x —sede 7', '--sede is not a flag; did you mean --seed?'],
    ['x --chaos 5', '--chaos does nothing here; leave it out.'],
    ['x --repeat 50', '--repeat 50 must be a whole number from 1 to 10.'],
    ['x --chaos 5', '--chaos does nothing here; leave it out.'],
    ['x --seed', '--seed needs a value, such as --seed 7.'],
    ['x --seed --ar 3:2', '--seed needs a value, such as --seed 7.'],
    ['x --seed 1 --seed 2', '--seed is given twice; keep the one you mean.'],
    ['x --ar 0:1', '--ar 0:1 is not possible: each part must be from 1 to 100, such as 3:2.'],
    ['x --ar 0:0', '--ar 0:0 is not possible: each part must be from 1 to 100, such as 3:2.'],
    [
      'x --ar 101:100',
      '--ar 101:100 is not possible: each part must be from 1 to 100, such as 3:2.',
    ],
    [
      'x --ar 100:1',
      '--ar 100:1 is too long: one side may be at most 4 times the other, such as 4:1.',
    ],
    ['x --ar 1:9', '--ar 1:9 is too long: one side may be at most 4 times the other, such as 1:4.'],
    ['x --ar wide', '--ar wide is not an aspect ratio; write two whole numbers, such as 3:2.'],
    ['x --ar 1.5:1', '--ar 1.5:1 is not an aspect ratio; write two whole numbers, such as 3:2.'],
    ['x --steps 0', '--steps 0 must be a whole number from 1 to 1,000.'],
    ['x --steps 1e9', '--steps 1e9 must be a whole number from 1 to 1,000.'],
    ['x --steps many', '--steps many must be a whole number from 1 to 1,000.'],
    [
      'x --seed -1',
      '--seed -1 must be a whole number from 0 to 4,294,967,295, or left out for a random one.',
    ],
    [
      'x --seed 1.5',
      '--seed 1.5 must be a whole number from 0 to 4,294,967,295, or left out for a random one.',
    ],
    ['x --count 99', '--count 99 must be a whole number from 1 to 4.'],
    ['x --cfg 31', '--cfg 31 must be a number from 0 to 30, such as 5.'],
    ['x --cfg high', '--cfg high must be a number from 0 to 30, such as 5.'],
    ['x --eta 2', '--eta 2 must be a number from 0 to 1, such as 0.5.'],
    ['x --s-noise -3', '--s-noise -3 must be a number from 0 to 2, such as 1.'],
    ['x --clip-skip 0', '--clip-skip 0 must be a whole number from 1 to 12.'],
    [
      'x --prompt-weighting comfy',
      '--prompt-weighting comfy is unknown. Did you mean comfyui? Available: webui, comfyui, none.',
    ],
    ['x --rescale 2', '--rescale 2 must be a number from 0 to 1, such as 0.5.'],
    [
      'x --size 500x700',
      '--size 500x700 is not possible: sides must be multiples of 8, the nearest sizes are 496x696 and 504x704.',
    ],
    ['x --size 8x8', '--size 8x8 is not possible: each side must be 16 to 2048 pixels.'],
    [
      'x --size 2048x256',
      '--size 2048x256 is too long: one side may be at most 4 times the other.',
    ],
    ['x --size big', '--size big is not a size; write width x height in pixels, such as 512x768.'],
    ['x --width 512', '--width 512 needs --height as well, or use --size 512x768.'],
    [
      'x --ar 1:1 --size 512',
      'The size is given twice; keep one of --ar, --size, and --width with --height.',
    ],
    [
      'x --sampler eler',
      `--sampler eler is unknown. Did you mean euler? Available: ${SAMPLER_IDS.join(', ')}.`,
    ],
    [
      'x --spacing karas',
      '--spacing karas is unknown. Did you mean karras? Available: leading, trailing, linspace, karras, exponential, beta, sgm-uniform, lu.',
    ],
    [
      'x --sampler "euler karras" --spacing trailing',
      "--spacing trailing contradicts the karras in the sampler's name; keep one of them.",
    ],
    [
      'x --model ../etc',
      '--model ../etc is not a name; names are made of letters, digits, dots, dashes and underscores.',
    ],
    [
      'x --variation 5',
      '--variation 5 must be a seed and a strength from 0 to 1, such as 42:0.35.',
    ],
    ['x --variation 5:2', '--variation strength 2 must be a number from 0 to 1, such as 0.5.'],
    [
      'a\u0007b',
      'The prompt holds a character that cannot be drawn (U+0007 at place 2); remove it.',
    ],
    [
      'a\ud800b',
      'The prompt holds a character that cannot be drawn (U+D800 at place 2); remove it.',
    ],
    [
      `x --model ${'m'.repeat(300)}`,
      `--model ${'m'.repeat(24)}… is not a name; names are made of letters, digits, dots, dashes and underscores.`,
    ],
  ])('%#: %.40j', (text, message) => {
    expect(() => parse(text)).toThrow(new CommandError(message));
  });

  test('an unknown flag that is near none is told which there are', () => {
    expect(() => parse('x --xylophone 3')).toThrow(
      `--xylophone is not a flag; the flags are ${FLAGS.map(({ name }) => `--${name}`).join(', ')}.`,
    );
  });

  test('the example of every flag is understood', () => {
    for (const flag of FLAGS) {
      const image = '--image k7m2q9x4tbn8w3d5/2';
      const mask = `${image} --mask 4x4:5,6`;
      const pairs: Record<string, string> = {
        width: '--height 512',
        height: '--width 512',
        strength: image,
        mask: image,
        zoom: image,
        pan: image,
        extend: image,
        area: mask,
        feather: mask,
        padding: mask,
        frames: '--to a dog',
        fps: '--to a dog',
      };
      const pair = pairs[flag.name] ?? '';
      expect(() => parse(`x ${flag.example} ${pair}`)).not.toThrow();
      for (const alias of flag.aliases) {
        const value = flag.example.slice(flag.example.lastIndexOf('--')).replace(/^\S+ /, '');
        expect(() => parse(`x --${alias} ${value} ${pair}`)).not.toThrow();
      }
    }
  });
});

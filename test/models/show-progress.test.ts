/** A bar where there is a terminal, ten lines where there is none. */
import { expect, test } from 'vitest';
import { createProgressDisplay } from '../../models/pull/show-progress.ts';

const CLEAR_LINE = '\r\u001B[2K';

function record(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  let nowMs = 0;
  const screen = {
    isTerminal,
    columns,
    write: (text: string) => void written.push(text),
    nowMs: () => nowMs,
  };
  const display = createProgressDisplay(100_000_000, screen);
  for (let percent = 1; percent <= 100; percent += 1) {
    nowMs += 100;
    display.onBytes(percent * 1_000_000);
  }
  display.end();
  return written;
}

test('a script gets a line for every tenth, with the speed', () => {
  const written = record(false);
  expect(written).toHaveLength(10);
  expect(written[4]).toBe('50 % of 100.0 MB, 10.0 MB/s, 0:05 left\n');
  expect(written[9]).toBe('100 % of 100.0 MB, 10.0 MB/s, 0:00 left\n');
});

test('a terminal gets a bar that redraws itself no more than five times a second, fits, and is wiped away', () => {
  const written = record(true, 40);
  expect(written.length).toBeLessThanOrEqual(52);
  const lines = written.map((text) => text.replace(CLEAR_LINE, ''));
  expect(lines.at(-2)).toMatch(/^█+░* \d+ % of/);
  for (const line of lines) expect(line.length).toBeLessThan(40);
  expect(written.at(-1)).toBe(CLEAR_LINE);
});

/** The terminal as a chat platform: the card is a line that is drawn over itself, with a preview above it. */
import type { JobId } from '#contract/job.ts';
import type { Card } from '../../core/card.ts';
import type { ChatPlatform, Clock, JobRecord } from '../../core/ports.ts';
import { TERMINAL_LIMITS } from './limits.ts';
import { renderPreview, renderProgressLine, type PreviewMode } from './render.ts';

interface TerminalScreen {
  /** Standard error: standard output is kept for the result. */
  write(text: string): void;
  /** False when the output is a file or a pipe: then nothing is drawn over. */
  isTerminal: boolean;
  columns(): number;
}

export interface FinishedJob {
  record: JobRecord;
  card: Card;
}

export interface TerminalPlatform extends ChatPlatform {
  /** Resolves with the final card of the job, also when it came before the question. */
  finished(jobId: JobId): Promise<FinishedJob>;
}

export interface TerminalPlatformOptions {
  screen: TerminalScreen;
  clock: Clock;
  previewMode: PreviewMode;
  isQuiet: boolean;
}

const ERASE_LINE = '\r\u001B[2K';
const cursorUp = (lines: number) => (lines > 0 ? `\u001B[${lines}A\r` : '\r');

/** Redraws in place: remembers how many lines the last frame took. */
function createFrame(options: TerminalPlatformOptions): { draw(card: Card): void; erase(): void } {
  const { screen, clock, previewMode } = options;
  let linesAbove = 0;
  return {
    draw(card) {
      const line = renderProgressLine(card, clock.nowMs(), screen.columns());
      const preview =
        card.preview === undefined ? undefined : renderPreview(card.preview, previewMode);
      const hasPreview = preview !== undefined && preview.lines > 0;
      screen.write(
        `${ERASE_LINE}${cursorUp(linesAbove)}${hasPreview ? `${preview.text}\n` : ''}${ERASE_LINE}${line}`,
      );
      if (hasPreview) linesAbove = preview.lines;
    },
    erase() {
      screen.write(ERASE_LINE);
      linesAbove = 0;
    },
  };
}

/** One terminal for one command at a time. */
export function createTerminalPlatform(options: TerminalPlatformOptions): TerminalPlatform {
  const frame = createFrame(options);
  const isDrawn = options.screen.isTerminal && !options.isQuiet;
  const ended = new Map<JobId, PromiseWithResolvers<FinishedJob>>();
  const endOf = (jobId: JobId) => {
    const known = ended.get(jobId) ?? Promise.withResolvers<FinishedJob>();
    ended.set(jobId, known);
    return known;
  };
  return {
    name: 'terminal',
    minimumUpdateIntervalMs: TERMINAL_LIMITS.minimumUpdateIntervalMs,
    showCard(record, card) {
      if (card.isFinal) {
        if (isDrawn) frame.erase();
        endOf(record.id).resolve({ record, card });
      } else if (isDrawn) {
        frame.draw(card);
      }
      return Promise.resolve({});
    },
    removeCard() {
      return Promise.resolve();
    },
    finished: (jobId) => endOf(jobId).promise,
  };
}

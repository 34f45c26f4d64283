/** How far a pull is: a bar that redraws itself on a terminal, a line for every tenth elsewhere. */
import { formatBytes } from '../fetch/disk-error.ts';

export interface ProgressScreen {
  isTerminal: boolean;
  columns: number;
  write(text: string): void;
  nowMs(): number;
}

const REDRAW_MS = 200;
const BAR_CELLS = 24;
/** The speed of the last seconds says more than that since the start. */
const SPEED_WINDOW_MS = 5_000;
const CLEAR_LINE = '\r\u001B[2K';

export interface ProgressDisplay {
  onBytes(doneBytes: number): void;
  /** Leaves the screen as other writers expect it. */
  end(): void;
}

export function createProgressDisplay(totalBytes: number, screen: ProgressScreen): ProgressDisplay {
  const samples: { atMs: number; bytes: number }[] = [];
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let tenths = 0;
  let isDrawn = false;

  const describe = (doneBytes: number, nowMs: number) => {
    const first = samples[0] ?? { atMs: nowMs, bytes: doneBytes };
    const seconds = (nowMs - first.atMs) / 1_000;
    const speed = seconds > 0 ? (doneBytes - first.bytes) / seconds : 0;
    const left = speed > 0 ? `, ${formatDuration((totalBytes - doneBytes) / speed)} left` : '';
    return `${Math.floor((doneBytes / totalBytes) * 100)} % of ${formatBytes(totalBytes)}, ${formatBytes(Math.round(speed))}/s${left}`;
  };

  return {
    onBytes(doneBytes) {
      if (totalBytes === 0) return;
      const nowMs = screen.nowMs();
      while (samples.length > 1 && nowMs - (samples[0]?.atMs ?? 0) > SPEED_WINDOW_MS)
        samples.shift();
      if (screen.isTerminal && nowMs - drawnAtMs >= REDRAW_MS) {
        drawnAtMs = nowMs;
        isDrawn = true;
        const filled = Math.min(BAR_CELLS, Math.floor((doneBytes / totalBytes) * BAR_CELLS));
        const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`;
        const line = `${bar} ${describe(doneBytes, nowMs)}`;
        screen.write(`${CLEAR_LINE}${line.slice(0, Math.max(10, screen.columns - 1))}`);
        samples.push({ atMs: nowMs, bytes: doneBytes });
      }
      if (!screen.isTerminal) {
        if (samples.length === 0) samples.push({ atMs: nowMs, bytes: doneBytes });
        const reached = Math.floor((doneBytes / totalBytes) * 10);
        if (reached > tenths) screen.write(`${describe(doneBytes, nowMs)}\n`);
        tenths = Math.max(tenths, reached);
      }
    },
    end() {
      if (isDrawn) screen.write(CLEAR_LINE);
      isDrawn = false;
    },
  };
}

function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes}:${String(whole % 60).padStart(2, '0')}`;
}

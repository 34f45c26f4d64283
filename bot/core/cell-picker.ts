/**
 * A mask picked cell by cell with buttons, for chats that cannot be painted in. Everything is in the buttons' ids: which
 * cells are chosen stands there as a number, so that a restart forgets nothing.
 */
import { jobIdSchema, type JobId } from '#contract/job.ts';
import type { CardButton } from './card.ts';

/** 4 rows of 4 leave room for the two buttons below in any chat, and each cell has its own bit. */
const COLUMNS = 4;
const ROWS = 4;
const ALL = 2 ** (COLUMNS * ROWS) - 1;
const COLUMN_NAMES = 'ABCD';

export interface CellPick {
  /** `cells`: choose on. `draw`: the choice is made. */
  name: 'cells' | 'draw';
  jobId: JobId;
  index: number;
  /** Bit n is cell n, row by row. */
  chosen: number;
}

/** `cells:<jobId>:<index>:<chosen in hexadecimal>` */
function formatCellPick({ name, jobId, index, chosen }: CellPick): string {
  return `${name}:${jobId}:${index}:${chosen.toString(16)}`;
}

/** Undefined when the text is not one of ours. */
export function parseCellPick(text: string): CellPick | undefined {
  const match = /^(cells|draw):([^:]+):(\d{1,2}):([0-9a-f]{1,4})$/.exec(text);
  const [, name, jobId, index, chosen = ''] = match ?? [];
  if (match === null || !jobIdSchema.safeParse(jobId).success) return undefined;
  return {
    name: name === 'draw' ? 'draw' : 'cells',
    jobId: jobId as JobId,
    index: Number(index),
    chosen: Number.parseInt(chosen, 16),
  };
}

/** The value of --mask for the chosen cells: `4x4:0,1,5`; undefined when none is chosen. */
export function toMaskText(chosen: number): string | undefined {
  const cells = Array.from({ length: COLUMNS * ROWS }, (_, cell) => cell).filter((cell) =>
    isChosen(chosen, cell),
  );
  return cells.length === 0 ? undefined : `${COLUMNS}x${ROWS}:${cells.join(',')}`;
}

const isChosen = (chosen: number, cell: number): boolean => (chosen & (1 << cell)) !== 0;

/** Rows of cells from the top, and a last row to go on with. Chosen cells are filled squares and primary. */
export function toCellRows({ jobId, index, chosen }: Omit<CellPick, 'name'>): CardButton[][] {
  const button = (name: CellPick['name'], next: number): string =>
    formatCellPick({ name, jobId, index, chosen: next });
  const rows = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_, column): CardButton => {
      const cell = row * COLUMNS + column;
      const place = `${COLUMN_NAMES[column] ?? ''}${row + 1}`;
      const isIn = isChosen(chosen, cell);
      return {
        actionId: button('cells', chosen ^ (1 << cell)),
        label: `${isIn ? '■' : '□'} ${place}`,
        description: `${isIn ? 'Keep' : 'Draw anew'} the part ${place}`,
        style: isIn ? 'primary' : 'secondary',
      };
    }),
  );
  const last: CardButton[] = [
    {
      actionId: button('draw', chosen),
      label: 'Go on',
      description: 'Say what shall be drawn in the chosen parts',
      style: 'primary',
    },
    {
      actionId: button('cells', chosen === ALL ? 0 : chosen ^ ALL),
      label: 'Invert',
      description: 'Choose the other parts instead',
      style: 'secondary',
    },
  ];
  return [...rows, last];
}

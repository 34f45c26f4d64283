/** A figure of the benchmark, its goal, and the table that people read. */

export interface Figure {
  name: string;
  value: number;
  unit: 'ratio' | 'ms' | 'MiB' | 'bytes';
  /** The figure should be at most this; none where it is only told. */
  goal?: number | undefined;
}

/** The value below which this share of the samples lies, 0..1 (nearest rank). */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

function formatValue({ value, unit }: Figure): string {
  const digits = unit === 'ratio' ? 3 : unit === 'ms' ? 1 : 0;
  return `${value.toFixed(digits)}${unit === 'ratio' ? '' : ` ${unit}`}`;
}

/** One line a figure: name, value, goal, and whether it is met. */
export function formatTable(figures: readonly Figure[]): string {
  const nameWidth = Math.max(...figures.map(({ name }) => name.length));
  return figures
    .map((figure) => {
      const { name, value, goal } = figure;
      const verdict =
        goal === undefined ? '' : `goal ≤ ${goal}  ${value <= goal ? 'met' : 'NOT MET'}`;
      return `${name.padEnd(nameWidth)}  ${formatValue(figure).padStart(12)}  ${verdict}`.trimEnd();
    })
    .join('\n');
}

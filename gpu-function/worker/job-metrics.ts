/** Figures of each job in CloudWatch's embedded metric format: a log line that becomes metrics, with no call to make. */
import type { JobOutcome } from '#contract/job-event.ts';

export interface MetricsOptions {
  /** What an hour of this machine costs; 0 when nobody said. */
  usdPerHour: number;
  nowMs: () => number;
  write(line: string): void;
}

const NAMESPACE = 'Imagine';

interface Metric {
  name: string;
  unit: 'Milliseconds' | 'Seconds' | 'Count' | 'None';
  value: number;
}

/**
 * One JSON line, see "Embedded metric format specification" in the CloudWatch user guide.
 * `busyMs`: from the job being taken to its end, the time that its machine is paid for.
 */
export function toJobMetrics(
  outcome: JobOutcome,
  busyMs: number,
  { usdPerHour, nowMs }: Pick<MetricsOptions, 'usdPerHour' | 'nowMs'>,
): string {
  const timings = outcome.status === 'succeeded' ? outcome.result.timings : undefined;
  const steps = outcome.status === 'succeeded' ? outcome.result.settings?.steps : undefined;
  const gpuSeconds = busyMs / 1_000;
  return toMetricLine(nowMs(), { Status: outcome.status }, [
    { name: 'Jobs', unit: 'Count', value: 1 },
    { name: 'GpuSeconds', unit: 'Seconds', value: gpuSeconds },
    { name: 'CostUsdEstimate', unit: 'None', value: (gpuSeconds / 3_600) * usdPerHour },
    ...toMilliseconds('QueueMs', timings?.queueMs),
    ...toMilliseconds('LoadModelMs', timings?.loadModelMs),
    ...toMilliseconds('DenoiseMs', timings?.denoiseMs),
    ...toMilliseconds('StepMs', timings && steps && timings.denoiseMs / steps),
    ...toMilliseconds('DecodeMs', timings?.decodeMs),
  ]);
}

/** How long each phase of this machine's start took, by name. */
export function toWakeMetrics(phasesMs: Readonly<Record<string, number>>, nowMs: number): string {
  const metrics = Object.entries(phasesMs).flatMap(([phase, ms]) =>
    toMilliseconds(`Wake${phase}Ms`, ms),
  );
  return toMetricLine(nowMs, {}, metrics);
}

function toMilliseconds(name: string, value: number | undefined): Metric[] {
  return value === undefined ? [] : [{ name, unit: 'Milliseconds', value }];
}

function toMetricLine(
  nowMs: number,
  dimensions: Record<string, string>,
  metrics: readonly Metric[],
): string {
  return JSON.stringify({
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  });
}

/**
 * An ImagineService that plays a script instead of drawing: real cards, real PNG previews, real timing.
 * Words in the prompt choose the script: `fail`, `slow`, `queue`, `note`, `wide`, `refuse`, `forever`.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobState } from '#contract/job-state.ts';
import { parseAction } from '../../bot/core/action.ts';
import type { Card } from '../../bot/core/card.ts';
import type { ChatPlatform, JobRecord, Lineage } from '../../bot/core/ports.ts';
import type {
  CommandMessage,
  Completion,
  ImagineService,
  Outcome,
} from '../../bot/core/service.ts';
import { toPng } from './png-writer.ts';
import { toScriptedCard } from './scripted-card.ts';
import { ScriptedDesk } from './scripted-desk.ts';
import { drawPreview, drawSheet } from './scripted-picture.ts';
import { SCRIPTED_COMPLETIONS, SCRIPTED_HELP, SCRIPTED_MODEL } from './scripted-texts.ts';

interface ScriptedService extends ImagineService {
  /** Puts finished jobs into the history, one a minute, the newest a minute before now. */
  addHistory(prompts: readonly string[]): void;
}

export interface ScriptedServiceOptions {
  platform: ChatPlatform;
  stepMs?: number;
  steps?: number;
}

const TIMINGS = {
  queueMs: 12,
  loadModelMs: 210,
  encodePromptMs: 9,
  denoiseMs: 1_600,
  decodeMs: 80,
  encodeImageMs: 12,
  totalMs: 1_900,
  onnxRunMs: 1_650,
};

function toSize(record: JobRecord): { widthPx: number; heightPx: number } {
  if (record.request.kind === 'upscale') return { widthPx: 256, heightPx: 256 };
  return record.request.prompt.includes('wide')
    ? { widthPx: 192, heightPx: 128 }
    : { widthPx: 128, heightPx: 128 };
}

const countOf = (record: JobRecord) =>
  record.request.kind === 'generate' ? record.request.count : 1;
const toJobId = (deliveryId: string) =>
  `web-${createHash('sha256').update(deliveryId).digest('hex').slice(0, 12)}`;
const toSeed = (text: string) => createHash('sha256').update(text).digest().readUInt16LE();

function toSucceeded(record: JobRecord, seed: number): JobState {
  const size = toSize(record);
  const images = Array.from({ length: countOf(record) }, (_, index) => ({
    index,
    seed: seed + index,
    ...size,
    mediaType: 'image/png' as const,
    sizeBytes: 1,
    sha256: '',
  }));
  const isNoted = record.command.includes('note');
  const notes = isNoted ? ['This model draws 128×128 only, so 3:2 became 1:1.'] : [];
  return { status: 'succeeded', result: { images, timings: TIMINGS, notes } };
}

export class ScriptedImagineService extends ScriptedDesk implements ScriptedService {
  readonly #records = new Map<string, JobRecord>();
  readonly #seeds = new Map<string, number>();
  readonly #platform: ChatPlatform;
  readonly #stepMs: number;
  readonly #steps: number;

  constructor({ platform, stepMs = 60, steps = 12 }: ScriptedServiceOptions) {
    super();
    this.#platform = platform;
    this.#stepMs = stepMs;
    this.#steps = steps;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#records.clear();
  }

  addHistory(prompts: readonly string[]): void {
    const base = Date.now() - prompts.length * 60_000;
    prompts.forEach((prompt, index) => {
      const message = { text: prompt, deliveryId: `history-${index}-${prompt.slice(0, 20)}` };
      const record = this.#insert({ ...message, createdAtMs: base + index * 60_000 });
      record.state = toSucceeded(record, this.#seeds.get(record.id) ?? 0);
    });
  }

  async imagine(message: CommandMessage): Promise<Outcome> {
    if (message.text === '') {
      return {
        kind: 'refused',
        message: 'Say what to draw after /imagine, such as /imagine a red apple.',
      };
    }
    if (message.text.includes('refuse') || message.text.includes('--sed')) {
      return { kind: 'refused', message: 'There is no flag --sed; did you mean --seed?' };
    }
    const known = this.#records.get(toJobId(message.deliveryId));
    const record = known ?? this.#insert({ ...message, createdAtMs: Date.now() });
    if (known === undefined) void this.#play(record);
    return { kind: 'job', record, card: this.#toCard(record) };
  }

  async act(message: { actionId: string; deliveryId: string }): Promise<Outcome> {
    const action = parseAction(message.actionId);
    const parent = action === undefined ? undefined : this.#records.get(action.jobId);
    if (action === undefined || parent === undefined) {
      return { kind: 'refused', message: 'That picture is not there any more.' };
    }
    if (action.name === 'edit') return { kind: 'edit', command: parent.command };
    if (action.name === 'cancel')
      parent.state = { ...parent.state, status: 'canceled' } as JobState;
    if (action.name === 'cancel') return this.#show(parent).then(() => ({ kind: 'done' }));
    if (action.name === 'delete') {
      this.#records.delete(parent.id);
      await this.#platform.removeCard(parent);
      return { kind: 'done' };
    }
    const lineage = { jobId: parent.id, index: action.index, action: action.name };
    const text = parent.command.replace(/^\/imagine /, '').replace('fail', 'retried');
    const record = this.#insert({
      text,
      deliveryId: message.deliveryId,
      createdAtMs: Date.now(),
      lineage,
    });
    void this.#play(record);
    return { kind: 'job', record, card: this.#toCard(record) };
  }

  async complete(text: string, cursor: number): Promise<Completion[]> {
    const from = text.slice(0, cursor).search(/\S*$/);
    const word = text.slice(from, cursor);
    const previous = text.slice(0, from).trim().split(/\s+/).at(-1) ?? '';
    const offers =
      previous === '--sampler' ? SCRIPTED_COMPLETIONS.samplers : SCRIPTED_COMPLETIONS.flags;
    if (offers === SCRIPTED_COMPLETIONS.flags && !word.startsWith('-')) return [];
    return offers
      .filter((offer) => offer.label.startsWith(word))
      .map((offer) => ({ ...offer, insertText: `${offer.label} `, from }));
  }

  protected entries() {
    return [...this.#records.values()]
      .sort((a, b) => b.createdAtMs - a.createdAtMs)
      .map((record) => ({ record, card: this.#toCard(record) }));
  }

  protected service(): ImagineService {
    return this;
  }

  async history(query: { createdBeforeMs?: number | undefined; limit: number }) {
    return [...this.#records.values()]
      .filter((record) => record.createdAtMs < (query.createdBeforeMs ?? Infinity))
      .sort((a, b) => b.createdAtMs - a.createdAtMs)
      .slice(0, query.limit)
      .map((record) => ({ record, card: this.#toCard(record) }));
  }

  async image(jobId: string, index: number): Promise<Uint8Array | undefined> {
    const record = this.#records.get(jobId);
    if (record?.state.status !== 'succeeded' || index >= countOf(record)) return undefined;
    const { widthPx, heightPx } = toSize(record);
    const size = { tileWidthPx: widthPx, tileHeightPx: heightPx, columns: 1 };
    return toPng(drawSheet((this.#seeds.get(jobId) ?? 0) + index, 1, 1, size));
  }

  async models() {
    return [SCRIPTED_MODEL];
  }

  help(): string {
    return SCRIPTED_HELP;
  }

  #toCard(record: JobRecord): Card {
    return toScriptedCard(record, Date.now(), this.#stepMs);
  }

  async #show(record: JobRecord): Promise<void> {
    await this.#platform.showCard(record, this.#toCard(record));
  }

  #insert(job: {
    text: string;
    deliveryId: string;
    createdAtMs: number;
    lineage?: Lineage;
  }): JobRecord {
    const { text, deliveryId, createdAtMs, lineage } = job;
    const seed = toSeed(text + (lineage === undefined ? '' : deliveryId));
    const count = lineage?.action === 'upscale' || text.includes('--count 1') ? 1 : 4;
    const prompt = text.replaceAll(/\s*--\S+\s+\S+/g, '');
    const record: JobRecord = {
      id: toJobId(deliveryId),
      request: {
        kind: 'generate',
        prompt,
        negativePrompt: '',
        size: { kind: 'default' },
        seed,
        count,
      },
      command: `/imagine ${text}`,
      user: { id: 'local', name: 'You' },
      place: { platform: 'web', channelId: 'imagine' },
      lineage,
      createdAtMs,
      updatedAtMs: createdAtMs,
      state: { status: 'queued' },
    };
    this.#records.set(record.id, record);
    this.#seeds.set(record.id, seed);
    return record;
  }

  /** Walks through the states; a state that somebody else set meanwhile (cancel) ends the play. */
  async #play(record: JobRecord): Promise<void> {
    const seed = this.#seeds.get(record.id) ?? 0;
    const isSlow = record.command.includes('slow');
    const stepMs = isSlow ? this.#stepMs * 8 : this.#stepMs;
    const isAlive = () => this.#records.has(record.id) && record.state.status !== 'canceled';
    for (const state of this.#script(record, seed)) {
      if (!isAlive()) return;
      record.state = state;
      await this.#show(record);
      await sleep(stepMs);
      if (record.command.includes('forever') && state.status === 'denoising' && state.step > 5)
        return;
    }
  }

  *#script(record: JobRecord, seed: number): Generator<JobState> {
    const { command } = record;
    if (command.includes('queue')) {
      for (const position of [3, 3, 3, 2, 2, 1]) yield { status: 'queued', position };
    }
    yield { status: 'starting', stage: 'engine', attempt: 1 };
    yield { status: 'starting', stage: 'model', attempt: 1 };
    const startedAtMs = Date.now();
    for (let step = 0; step <= this.#steps; step += 1) {
      const progress = step / this.#steps;
      const preview =
        step === 0 ? undefined : drawPreview(seed, countOf(record), progress, toSize(record));
      const common = { startedAtMs, updatedAtMs: Date.now(), notes: [], preview };
      yield { status: 'denoising', step, steps: this.#steps, ...common };
      if (command.includes('fail') && step > this.#steps / 2) {
        const message =
          'The computer ran out of memory at 512×512; ask for a smaller size, such as --ar 1:1, or --count 1.';
        yield { status: 'failed', error: { code: 'out-of-memory', message, isRetryable: true } };
        return;
      }
    }
    const preview = drawPreview(seed, countOf(record), 1, toSize(record));
    yield { status: 'decoding', notes: [], preview };
    yield toSucceeded(record, seed);
  }
}

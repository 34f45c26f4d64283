/** A Lambda for one test: its bundle in a process of its own, started when it is needed, killed when a test wants it. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const ENTRY = join(import.meta.dirname, 'lambda-host-main.ts');

interface Answer {
  id: number;
  answer?: unknown;
  error?: string;
}

export class LambdaHost {
  readonly output: string[] = [];
  readonly #bundle: string;
  readonly #environment: Record<string, string>;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #child: ChildProcess | undefined;
  #invocations = 0;

  constructor(bundle: string, environment: Record<string, string>) {
    this.#bundle = bundle;
    this.#environment = environment;
  }

  /** Rejects when the Lambda throws, or is killed meanwhile. */
  invoke(event: unknown): Promise<unknown> {
    this.#child ??= this.#start();
    this.#invocations += 1;
    const id = this.#invocations;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    this.#child.send({ id, event });
    return pending.promise;
  }

  /** As a crash: whatever it was doing is not finished. The next invocation is a cold start. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #start(): ChildProcess {
    const child = fork(ENTRY, [this.#bundle], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...this.#environment },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
    }
    child.on('message', (message) => this.#settle(message as Answer));
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
      for (const { reject } of this.#pending.values()) reject(new Error('the Lambda was killed'));
      this.#pending.clear();
    });
    return child;
  }

  #settle({ id, answer, error }: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(answer);
    else pending?.reject(new Error(error));
  }
}

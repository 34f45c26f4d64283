/** The HTTP backend over bad lines: cut, silent, moved, wrong. */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { GenerationError } from '#contract/generation-error.ts';
import { createHttpBackend } from '../../../bot/backends/http-backend.ts';
import { testBackend } from '../../contracts/backend-contract.ts';
import {
  collectEvents,
  startRunningFunction,
  toJob,
  type RunningFunction,
} from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';

const TOKEN = 'correct-horse-battery';

testBackend('http', async () => {
  const running = await startRunningFunction({ token: TOKEN, engine: { stepMs: 20 } });
  const backend = createHttpBackend({ endpoint: { url: running.url, token: TOKEN } });
  return { backend, stop: () => running.stop() };
});

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function start(
  ...options: Parameters<typeof startRunningFunction>
): Promise<RunningFunction> {
  const running = await startRunningFunction(...options);
  cleanUps.push(() => running.stop());
  return running;
}

function listen(server: Server): Promise<string> {
  cleanUps.push(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** A line to the function that can be cut. */
async function startProxy(targetPort: number) {
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(targetPort, '127.0.0.1');
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        incoming.destroy();
        outgoing.destroy();
      });
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  const url = await listen(server);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  cleanUps.push(cut);
  return { url, cut };
}

const never = () => new AbortController().signal;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: GenerationError) => error,
  );

describe('a bad line', () => {
  test('that is cut every few steps loses no event and repeats none', async () => {
    const running = await start({ engine: { stepMs: 20 } });
    const { url, cut } = await startProxy(running.port);
    const backend = createHttpBackend({ endpoint: { url } });
    await backend.submit(toJob('j1', { steps: 40 }));
    const sequences: number[] = [];
    for await (const event of backend.events('j1', never())) {
      sequences.push(event.sequence);
      if (event.type === 'step-end' && event.step % 5 === 0) cut();
    }
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(40);
  });

  test('that is cut while a job waits quietly is not taken for a function that is away', async () => {
    const running = await start({ engine: { stepMs: 20, loadMs: 1_200 }, heartbeatMs: 20 });
    const { url, cut } = await startProxy(running.port);
    running.board.submit(toJob('j1', { steps: 2 }));
    const cutting = setInterval(cut, 250);
    cleanUps.push(() => clearInterval(cutting));
    const backend = createHttpBackend({ endpoint: { url }, giveUpAfterMs: 400 });
    const events = await collectEvents(backend.events('j1', never()));
    expect(events.at(-1)).toMatchObject({ outcome: { status: 'succeeded' } });
  });

  test('that falls silent without closing is opened anew', async () => {
    const running = await start({ engine: { stepMs: 20 }, heartbeatMs: 30 });
    let connections = 0;
    const mute = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      if (connections === 1) return void socket.resume();
      const outgoing = connect(running.port, '127.0.0.1');
      outgoing.on('error', () => undefined);
      socket.pipe(outgoing).pipe(socket);
    });
    const url = await listen(mute);
    running.board.submit(toJob('j1', { steps: 3 }));
    const backend = createHttpBackend({ endpoint: { url }, silenceMaxMs: 200 });
    const events = await collectEvents(backend.events('j1', never()));
    expect(events.at(-1)?.type).toBe('job-end');
    expect(connections).toBeGreaterThan(1);
  });
});

describe('a function that is away', () => {
  test('is waited for while it comes up', async () => {
    const probe = createServer();
    const port = Number(new URL(await listen(probe)).port);
    probe.close();
    const backend = createHttpBackend({ endpoint: { url: `http://127.0.0.1:${port}` } });
    const health = backend.health();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await start({ port });
    expect((await health).contractVersion).toBe(1);
  });

  test('for too long is told with its address, without what is secret in it', async () => {
    const probe = createServer();
    const { port } = new URL(await listen(probe));
    probe.close();
    const backend = createHttpBackend({
      endpoint: { url: `http://ada:pass-word@127.0.0.1:${port}/gpu?key=abc`, token: TOKEN },
      giveUpAfterMs: 200,
    });
    const ways = [() => backend.health(), () => collectEvents(backend.events('j1', never()))];
    for (const way of ways) {
      const error = await failure(way());
      expect(error).toMatchObject({ code: 'unreachable', isRetryable: true });
      expect(error.message).toContain(`http://127.0.0.1:${port}/gpu could not be reached`);
      expect(error.message).toContain('ECONNREFUSED');
      expect(error.message).not.toMatch(/pass-word|key=abc|correct-horse/);
    }
  });

  test('and whose caller gives up ends the wait at once', async () => {
    const probe = createServer();
    const url = await listen(probe);
    probe.close();
    const backend = createHttpBackend({ endpoint: { url } });
    const controller = new AbortController();
    const events = collectEvents(backend.events('j1', controller.signal));
    setTimeout(() => controller.abort(), 100);
    const startedAtMs = performance.now();
    expect(await events).toEqual([]);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  test('and comes back without the job says that it must be handed over again; then it is drawn', async () => {
    const first = await start({ engine: { stepMs: 30 } });
    const { port } = first;
    const backend = createHttpBackend({ endpoint: { url: first.url } });
    await backend.submit(toJob('j1', { steps: 100 }));
    const broken = failure(collectEvents(backend.events('j1', never())));
    await waitFor('drawing', () => first.board.find('j1')?.log.state.status === 'denoising');
    await first.stop();
    await start({ port });
    expect(await broken).toMatchObject({ code: 'job-unknown' });
    await backend.submit(toJob('j1', { steps: 3 }));
    const events = await collectEvents(backend.events('j1', never()));
    expect(events.at(-1)).toMatchObject({ outcome: { status: 'succeeded' } });
  });
});

describe('something else at the address', () => {
  async function backendFor(status: number, body: string) {
    const server = createHttpServer((_request, response) => {
      response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
    });
    const url = await listen(server);
    return createHttpBackend({ endpoint: { url }, giveUpAfterMs: 200 });
  }

  test('that knows no such path', async () => {
    const backend = await backendFor(404, '<h1>Not found</h1>');
    const error = await failure(backend.health());
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(error.message).toContain('status 404');
    expect(error.message).toContain('check GPU_FUNCTION_URL');
  });

  test('that answers with a page', async () => {
    const backend = await backendFor(200, '<h1>Welcome</h1>');
    const error = await failure(backend.health());
    expect(error).toMatchObject({ code: 'internal' });
    expect(error.message).toContain('does not understand');
  });

  test('a gateway without its function is tried again, then told', async () => {
    const backend = await backendFor(502, 'Bad gateway');
    expect(await failure(backend.models())).toMatchObject({
      code: 'unreachable',
      isRetryable: true,
    });
  });

  test('a stream that is opened and ended again and again is given up', async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('retry: 1000\n\n');
    });
    const backend = createHttpBackend({
      endpoint: { url: await listen(server) },
      giveUpAfterMs: 200,
    });
    const error = await failure(collectEvents(backend.events('j1', never())));
    expect(error).toMatchObject({ code: 'unreachable' });
  });

  test('an endless answer is cut off and not asked for again', async () => {
    let requests = 0;
    const server = createHttpServer((_request, response) => {
      requests += 1;
      const chunk = Buffer.alloc(4 * 1024 * 1024);
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pump);
      pump();
    });
    const backend = createHttpBackend({ endpoint: { url: await listen(server) } });
    const error = await failure(backend.image('j1', 0));
    expect(error).toMatchObject({ code: 'internal' });
    expect(error.message).toContain('check GPU_FUNCTION_URL');
    expect(requests).toBe(1);
  });

  test('an endless event is cut off', async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const chunk = 'x'.repeat(1024 * 1024);
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pump);
      pump();
    });
    const url = await listen(server);
    const backend = createHttpBackend({ endpoint: { url }, giveUpAfterMs: 0 });
    expect(await failure(collectEvents(backend.events('j1', never())))).toMatchObject({
      code: 'unreachable',
    });
  });
});

test('an address with a path, a user name and a password is used as it is meant', async () => {
  const asked: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(request.url, request.headers.authorization);
    response.end('[]');
  });
  const url = new URL(await listen(server));
  url.username = 'ada';
  url.password = 'p@ss';
  const backend = createHttpBackend({ endpoint: { url: `${url.href}gpu/?x=1` } });
  expect(await backend.models()).toEqual([]);
  const basic = Buffer.from('ada:p@ss').toString('base64');
  expect(asked).toEqual(['/gpu/models', `Basic ${basic}`]);
});

test('a wrong token is told in the function’s own words, at once', async () => {
  const running = await start({ token: TOKEN });
  const backend = createHttpBackend({ endpoint: { url: running.url, token: 'wrong' } });
  const error = await failure(backend.models());
  expect(error.message).toContain('The bearer token is missing or wrong');
});

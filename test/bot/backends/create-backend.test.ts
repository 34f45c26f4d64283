/** What the bot's end does to calls that are under way. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createBackend } from '../../../bot/backends/create-backend.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';

test('stopping ends calls to a function elsewhere that does not answer', async () => {
  const silent = createServer((socket) => void socket.resume().on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const owned = createBackend({
    url: `http://127.0.0.1:${port}`,
    token: undefined,
    environment: {},
    logger: createSilentLogger(),
  });
  const startedAtMs = performance.now();
  const models = owned.backend.models().catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await owned.stop();
  expect(await models).toMatchObject({ code: 'unreachable' });
  expect(await owned.backend.models().catch((error: unknown) => error)).toMatchObject({
    code: 'unreachable',
  });
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  silent.close();
});

/** One pull of a package at a time: a file with the number of the process that holds it, left behind by none that died unseen. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import * as z from 'zod';
import { FetchError } from '../fetch/byte-source.ts';

const holderSchema = z.strictObject({ host: z.string(), processId: z.int().min(1) });
type Holder = z.infer<typeof holderSchema>;

const ATTEMPTS_MAX = 5;

/** Resolves with what gives the lock back. Throws a FetchError while another process holds it. */
export async function lockPackage(path: string, id: string): Promise<() => Promise<void>> {
  const own = `${path}.${process.pid}`;
  const mine: Holder = { host: hostname(), processId: process.pid };
  await writeFile(own, JSON.stringify(mine));
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      if (await tryLink(own, path)) return () => rm(path, { force: true });
      const holder = await readHolder(path);
      if (holder !== undefined && isAlive(holder)) throw toBusyError(id, holder);
      await takeAway(path);
    }
  } finally {
    await rm(own, { force: true });
  }
  throw new FetchError(`Several pulls of ${id} begin at once; run the command again.`);
}

/** Linking gives the file its name with its content in one step, and to one process alone. */
async function tryLink(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A dead process's lock; whoever took it away in the meantime may have made a new one, which is put back. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.old`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = await readHolder(aside);
  if (holder !== undefined && isAlive(holder)) await tryLink(aside, path);
  await rm(aside, { force: true });
}

function isAlive({ host, processId }: Holder): boolean {
  // Of another machine on the same network disk nothing can be known: its lock is respected.
  if (host !== hostname()) return true;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function toBusyError(id: string, { host, processId }: Holder): FetchError {
  const where = host === hostname() ? '' : ` on ${host}`;
  return new FetchError(
    `${id} is being pulled already by process ${processId}${where}; wait for it, or end it and run the command again.`,
  );
}

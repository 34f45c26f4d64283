/** The service as a chat sees it on AWS: whatever was accepted goes to the queue before the person is answered. */
import { isTerminal } from '#contract/job-state.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Backend, JobRecord, Logger } from '../core/ports.ts';
import type { ImagineService, Outcome } from '../core/service.ts';

/** What cannot be handed over now is in the store, and the sweep takes it up. */
export function withHandOver(
  service: ImagineService,
  { backend, logger }: { backend: Backend; logger: Logger },
): ImagineService {
  async function handOver(record: JobRecord): Promise<void> {
    if (isTerminal(record.state)) return;
    try {
      await backend.submit(toJob(record));
    } catch (error) {
      logger.error({ jobId: record.id, err: error }, 'a job waits to be handed over');
    }
  }

  async function after(asking: Promise<Outcome>): Promise<Outcome> {
    const outcome = await asking;
    if (outcome.kind === 'job') await handOver(outcome.record);
    if (outcome.kind === 'jobs') for (const { record } of outcome.jobs) await handOver(record);
    return outcome;
  }

  const handing: Partial<ImagineService> = {
    imagine: (message) => after(service.imagine(message)),
    act: (message) => after(service.act(message)),
    picture: (message) => after(service.picture(message)),
    command: (name, message) => after(service.command(name, message)),
  };
  // Everything else is the service's own, and must find itself as `this`.
  return new Proxy(service, {
    get(target, name: keyof ImagineService) {
      const member: unknown = handing[name] ?? target[name];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** The job of a record, as the tracker makes it too. */
function toJob({ id, request, user, place }: JobRecord) {
  return { id, request, owner: `${place.platform}:${user.id}`.slice(0, LIMITS.ownerCharacters) };
}

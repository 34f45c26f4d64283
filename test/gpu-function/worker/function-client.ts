/** Talks to a running function's HTTP API as any program would. */
import { errorBodySchema, type ErrorBody } from '#contract/generation-error.ts';
import type { GenerateRequest } from '#contract/generation-request.ts';
import { jobViewSchema, type JobView } from '#contract/job-view.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { waitFor } from '../../fakes/wait-for.ts';

export interface FunctionClient {
  call: (path: string, options?: RequestInit) => Promise<Response>;
  put: (id: string, body: unknown) => Promise<Response>;
  /** The owner is the job's id unless it is said otherwise. */
  submit: (id: string, changes?: Partial<GenerateRequest>, owner?: string) => Promise<Response>;
  view: (id: string) => Promise<JobView>;
  untilStatus: (id: string, status: string) => Promise<unknown>;
}

export function createFunctionClient(url: () => string): FunctionClient {
  const client: FunctionClient = {
    call: (path, options = {}) => fetch(`${url()}${path}`, options),
    put: (id, body) => client.call(`/jobs/${id}`, { method: 'PUT', body: JSON.stringify(body) }),
    submit: (id, changes = {}, owner = id) =>
      client.put(id, { request: createRequest(changes), owner }),
    view: async (id) => jobViewSchema.parse(await (await client.call(`/jobs/${id}`)).json()),
    untilStatus: (id, status) =>
      waitFor(`${id} ${status}`, async () => (await client.view(id)).state.status === status),
  };
  return client;
}

export const readError = async (response: Response): Promise<ErrorBody> =>
  errorBodySchema.parse(await response.json());

/** The description of the HTTP API, made from the same schemas that check it. */
import * as z from 'zod';
import { errorBodySchema } from '#contract/generation-error.ts';
import { healthSchema } from '#contract/health.ts';
import { jobEventSchema } from '#contract/job-event.ts';
import { jobViewSchema } from '#contract/job-view.ts';
import { jobIdSchema, jobSubmissionSchema } from '#contract/job.ts';
import { modelDescriptionSchema } from '#contract/model-description.ts';

interface Operation {
  method: 'get' | 'put' | 'delete';
  path: string;
  summary: string;
  /** Status → what it means and what the body holds. */
  answers: Readonly<Record<number, readonly [string, Content]>>;
  body?: Content;
  parameters?: readonly object[];
  isOpen?: boolean;
}
type Content = Readonly<Record<string, object>>;

const json = (schema: z.ZodType, io: 'input' | 'output' = 'output'): Content => {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema, { io });
  return { 'application/json': { schema: plain } };
};
const error = json(errorBodySchema);
const view = json(jobViewSchema);

const id = inPath('id', jobIdSchema);
const ERRORS = {
  400: ['The body is not JSON, or the id is not of the allowed form.', error],
  401: ['The bearer token is missing or wrong.', error],
  403: ['The call comes from a web page of another origin.', error],
} as const;
const UNKNOWN = { 404: ['The job is not known (any more): send it again.', error] } as const;

const OPERATIONS: readonly Operation[] = [
  {
    method: 'put',
    path: '/jobs/{id}',
    summary: 'Accept a job. Sending it twice under one id is the same job.',
    parameters: [id],
    body: json(jobSubmissionSchema, 'input'),
    answers: {
      200: ['The job was known already.', view],
      202: ['The job was accepted.', view],
      ...ERRORS,
      409: ['The id is taken by another request.', error],
      413: ['The body is too large.', error],
      422: ['A field is wrong; the message names it, its value and its range.', error],
      429: ['The queue is full.', error],
      503: ['The engine keeps ending.', error],
    },
  },
  {
    method: 'get',
    path: '/jobs/{id}',
    summary: 'Where a job stands.',
    parameters: [id],
    answers: { 200: ['The job.', view], ...ERRORS, ...UNKNOWN },
  },
  {
    method: 'delete',
    path: '/jobs/{id}',
    summary: 'Cancel a job.',
    parameters: [id],
    answers: {
      200: ['The job has ended.', view],
      202: ['The job ends as soon as the engine obeys.', view],
      ...ERRORS,
      ...UNKNOWN,
    },
  },
  {
    method: 'get',
    path: '/jobs/{id}/events',
    summary: 'All events of a job, from the first or after Last-Event-ID, until job-end.',
    parameters: [
      id,
      { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
    ],
    answers: {
      200: [
        'Server-sent events; the data of each is one event as JSON.',
        { 'text/event-stream': json(jobEventSchema)['application/json'] ?? {} },
      ],
      ...ERRORS,
      ...UNKNOWN,
    },
  },
  {
    method: 'get',
    path: '/jobs/{id}/images/{index}',
    summary: 'One finished picture.',
    parameters: [id, inPath('index', z.int().min(0))],
    answers: {
      200: [
        'The picture, or the clip, whose index follows the pictures’.',
        { 'image/png': {}, 'image/webp': {}, 'image/gif': {} },
      ],
      ...ERRORS,
      404: ['The job is not known, or has no such picture.', error],
      409: ['The job has not succeeded.', error],
    },
  },
  {
    method: 'get',
    path: '/health',
    summary: 'How the function is. Needs no token.',
    isOpen: true,
    answers: { 200: ['The state is in the body.', json(healthSchema)], 403: ERRORS[403] },
  },
  {
    method: 'get',
    path: '/models',
    summary: 'The models that can be asked for.',
    answers: {
      200: ['The models.', json(z.array(modelDescriptionSchema))],
      401: ERRORS[401],
      403: ERRORS[403],
      503: ['The engine is still starting.', error],
    },
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description.',
    answers: {
      200: ['An OpenAPI 3.1 document.', { 'application/json': {} }],
      401: ERRORS[401],
      403: ERRORS[403],
    },
  },
];

/** An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html). */
export function createOpenApi() {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const methods = (paths[operation.path] ??= {});
    methods[operation.method] = toOperationObject(operation);
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Imagine GPU function', version: '1' },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }, {}],
    paths,
  };
}

function toOperationObject(operation: Operation): object {
  const answers = Object.entries(operation.answers).map(([status, [description, content]]) => [
    status,
    { description, content },
  ]);
  return {
    summary: operation.summary,
    parameters: operation.parameters ?? [],
    responses: Object.fromEntries(answers),
    ...(operation.body && { requestBody: { required: true, content: operation.body } }),
    ...(operation.isOpen === true && { security: [] }),
  };
}

function inPath(name: string, schema: z.ZodType): object {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema);
  return { name, in: 'path', required: true, schema: plain };
}

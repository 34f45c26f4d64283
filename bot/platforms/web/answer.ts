/** What the page gets back: an outcome of the core, or a refusal with its status. */
import type { Context } from 'hono';
import type { Outcome } from '../../core/service.ts';
import { toPictureAddress, toWebCard, type WebError, type WebOutcome } from './render.ts';

type ErrorStatus = 400 | 403 | 404 | 405 | 413 | 415 | 422 | 500 | 503;

export function refuse(context: Context, status: ErrorStatus, message: string): Response {
  return context.json({ error: { message } } satisfies WebError, status);
}

export function answer(context: Context, outcome: Outcome): Response {
  switch (outcome.kind) {
    case 'job':
      return context.json({
        kind: 'job',
        card: toWebCard(outcome.record, outcome.card),
      } satisfies WebOutcome);
    case 'jobs':
      return context.json({
        kind: 'jobs',
        cards: outcome.jobs.map(({ record, card }) => toWebCard(record, card)),
      } satisfies WebOutcome);
    case 'card':
      return context.json({
        kind: 'card',
        card: toWebCard(outcome.record, outcome.card),
      } satisfies WebOutcome);
    case 'clip':
      return context.json({
        kind: 'clip',
        image: toPictureAddress(outcome.image),
      } satisfies WebOutcome);
    case 'region':
      return context.json({
        kind: 'region',
        image: toPictureAddress(outcome.image),
        command: outcome.command,
      } satisfies WebOutcome);
    case 'notice':
    case 'done':
    case 'edit':
      return context.json(outcome satisfies WebOutcome);
    case 'refused':
      return refuse(context, 422, outcome.message);
  }
}

// @ts-check
/** Calls to the server. Every failure is an ApiError whose message may be shown as it is. */

/**
 * @typedef {import('../render.ts').WebHistory} WebHistory
 * @typedef {import('../render.ts').WebOutcome} WebOutcome
 * @typedef {import('../render.ts').WebCompletions} WebCompletions
 * @typedef {import('../render.ts').WebModels} WebModels
 * @typedef {import('../../../core/service.ts').Completion} Completion
 */

const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {boolean} isRefusal true when the server understood and said no; false when it was not reached
   */
  constructor(message, isRefusal) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** @returns {string} an id for one delivery; randomUUID is missing on pages without https */
export function createDeliveryId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
export async function call(path, init) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  let response;
  let body;
  try {
    response = await fetch(path, { ...init, signal });
    body = await response.json();
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(
      'The bot does not answer. Is it still running? Try again in a moment.',
      false,
    );
  }
  if (response.ok) return body;
  throw new ApiError(body?.error?.message ?? `The bot answered ${response.status}.`, true);
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 */
const post = (path, body, signal) =>
  call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });

/**
 * @param {number} [beforeMs] only cards made before this moment
 * @returns {Promise<WebHistory>}
 */
export const fetchHistory = (beforeMs) =>
  call(`/api/history${beforeMs === undefined ? '' : `?before=${beforeMs}`}`, {});

/** @returns {Promise<WebModels>} */
export const fetchModels = () => call('/api/models', {});

/**
 * @param {string} text
 * @param {string} deliveryId the same for every try to deliver this message
 * @returns {Promise<WebOutcome>}
 */
export const sendMessage = (text, deliveryId) => post('/api/messages', { text, deliveryId });

/**
 * @param {string} actionId
 * @returns {Promise<WebOutcome>}
 */
export const pressButton = (actionId) =>
  post('/api/actions', { actionId, deliveryId: createDeliveryId() });

/**
 * @param {string} text the text after `/imagine `
 * @param {number} cursor
 * @param {AbortSignal} signal
 * @returns {Promise<Completion[]>}
 */
export async function fetchCompletions(text, cursor, signal) {
  const answer = /** @type {WebCompletions} */ (
    await post('/api/completions', { text, cursor }, signal)
  );
  return answer.completions;
}

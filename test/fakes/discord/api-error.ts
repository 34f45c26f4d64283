/** Discord's errors by name, with status and code. Source: discord-api-docs, topics/opcodes-and-status-codes. */

const API_ERRORS = {
  unauthorized: [401, 0, '401: Unauthorized'],
  notFound: [404, 0, '404: Not Found'],
  unknownChannel: [404, 10_003, 'Unknown Channel'],
  unknownMessage: [404, 10_008, 'Unknown Message'],
  unknownWebhook: [404, 10_015, 'Unknown Webhook'],
  unknownInteraction: [404, 10_062, 'Unknown interaction'],
  tooLarge: [413, 40_005, 'Request entity too large'],
  alreadyAcknowledged: [400, 40_060, 'Interaction has already been acknowledged.'],
  followUpsUsedUp: [400, 40_094, 'Maximum number of follow-up messages has been reached'],
  missingAccess: [403, 50_001, 'Missing Access'],
  notAuthor: [403, 50_005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50_006, 'Cannot send an empty message'],
  cannotMessageUser: [403, 50_007, 'Cannot send messages to this user'],
  invalidToken: [401, 50_027, 'Invalid Webhook Token'],
  invalidForm: [400, 50_035, 'Invalid Form Body'],
  banned: [403, 40_333, 'The request was blocked: too many invalid requests'],
} as const;
export type ApiErrorName = keyof typeof API_ERRORS;

/** Thrown by a route; becomes the answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(name: ApiErrorName, detail = '') {
    const [status, code, message] = API_ERRORS[name];
    super(detail === '' ? message : `${message}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}

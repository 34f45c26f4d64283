/** A hub that answers with a status of its own choice. */
import type { ServerResponse } from 'node:http';

export const answer = (status: number, headers: Record<string, string> = {}, body = '') => ({
  act(response: ServerResponse) {
    response.writeHead(status, headers).end(body);
    return true;
  },
});

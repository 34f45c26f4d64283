/** Talks to a running page as its own page or a program would. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { WebCard, WebHistory } from '../../../../bot/platforms/web/render.ts';

export interface WebClient {
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  say: (text: string, deliveryId?: string) => Promise<Response>;
  press: (actionId: string) => Promise<Response>;
  /** Says it and waits for the final card. */
  draw: (text: string) => Promise<WebCard>;
  history: (query?: string) => Promise<WebHistory>;
}

let deliveries = 0;
export const newDeliveryId = () => `delivery-${(deliveries += 1)}`;

export const messageOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { message: string } }).error.message;

export function createWebClient(url: () => string): WebClient {
  const client: WebClient = {
    post: (path, body, headers = {}) =>
      fetch(url() + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    say: (text, deliveryId = newDeliveryId()) => client.post('/api/messages', { text, deliveryId }),
    press: (actionId) => client.post('/api/actions', { actionId, deliveryId: newDeliveryId() }),
    async draw(text) {
      const { card } = (await (await client.say(text)).json()) as { card: WebCard };
      for (;;) {
        const { cards } = await client.history();
        const found = cards.find((other) => other.jobId === card.jobId);
        if (found?.isFinal === true) return found;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    history: async (query = '') =>
      (await (await fetch(`${url()}/api/history${query}`)).json()) as WebHistory,
  };
  return client;
}

/** Sends bytes as they are and gives the answer's text: for what fetch would never send. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => (answer += String(bytes)));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

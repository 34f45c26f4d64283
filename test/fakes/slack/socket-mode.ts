/**
 * Slack's side of Socket Mode: up to ten connections, any of which may get an envelope; warnings before a connection
 * is closed; an envelope whose connection dies is sent again on another.
 * https://docs.slack.dev/apis/events-api/using-socket-mode
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import * as z from 'zod';
import type { Acknowledgement, Envelope, Transport } from './deliveries.ts';
import type { SlackWorkspace } from './workspace.ts';

const CONNECTIONS_MAX = 10;
const PING_MS = 5_000;
const ackSchema = z.object({ envelope_id: z.string(), payload: z.unknown().optional() });

interface Waiting {
  socket: WebSocket;
  resolve: (acknowledgement: Acknowledgement) => void;
}

export class SocketMode implements Transport {
  readonly #workspace: SlackWorkspace;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sockets = new Set<WebSocket>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #tickets = new Set<string>();
  readonly #pings: NodeJS.Timeout;
  #turn = 0;
  /** How often the app has connected. */
  connections = 0;

  constructor(workspace: SlackWorkspace) {
    this.#workspace = workspace;
    this.#pings = setInterval(() => {
      for (const socket of this.#sockets) socket.ping();
    }, PING_MS);
    this.#pings.unref();
  }

  openCount(): number {
    return this.#sockets.size;
  }

  /** The ticket of one connection. */
  makeTicket(): string {
    const ticket = this.#workspace.nextId('ticket');
    this.#tickets.add(ticket);
    return ticket;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#greet(opened));
  }

  /** Sends to one connection and waits for its word; `lost` when the connection ends before. */
  send(envelope: Envelope): Promise<Acknowledgement> {
    const sockets = [...this.#sockets];
    const socket = sockets[this.#turn % Math.max(1, sockets.length)];
    this.#turn += 1;
    if (socket === undefined) return Promise.resolve({ kind: 'lost' });
    const envelopeId = this.#workspace.nextId('envelope-');
    return new Promise((resolve) => {
      this.#waiting.set(envelopeId, { socket, resolve });
      socket.send(
        JSON.stringify({
          envelope_id: envelopeId,
          type: envelope.kind,
          payload: envelope.payload,
          accepts_response_payload: envelope.kind !== 'events_api',
          ...(envelope.retryAttempt !== undefined && {
            retry_attempt: envelope.retryAttempt,
            retry_reason: 'timeout',
          }),
        }),
      );
    });
  }

  /** Slack recycles a connection: the client is asked to come back. */
  warn(): void {
    for (const socket of this.#sockets) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'warning' }));
    }
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  close(): void {
    clearInterval(this.#pings);
    this.cut();
    this.#server.close();
  }

  #greet(socket: WebSocket): void {
    this.#sockets.add(socket);
    this.connections += 1;
    if (this.#sockets.size > CONNECTIONS_MAX) {
      this.#workspace.violate('more than 10 Socket Mode connections');
      socket.close();
    }
    socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const [envelopeId, waiting] of this.#waiting) {
        if (waiting.socket !== socket) continue;
        this.#waiting.delete(envelopeId);
        waiting.resolve({ kind: 'lost' });
      }
    });
    socket.send(
      JSON.stringify({ type: 'hello', num_connections: this.#sockets.size, debug_info: {} }),
    );
  }

  #receive(text: string): void {
    const parsed = ackSchema.safeParse(JSON.parse(text));
    if (!parsed.success) {
      this.#workspace.violate(`not an acknowledgement: ${text.slice(0, 200)}`);
      return;
    }
    const waiting = this.#waiting.get(parsed.data.envelope_id);
    if (waiting === undefined) return;
    this.#waiting.delete(parsed.data.envelope_id);
    waiting.resolve({ kind: 'acknowledged', payload: parsed.data.payload });
  }
}

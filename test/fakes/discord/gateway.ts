/** The gateway over a real WebSocket: identify, heartbeats, resume with replay, and the limits of its client. */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Violations } from './violations.ts';
import type { Json, World } from './world.ts';

const IDENTIFIES_PER_DAY = 1_000;
const IDENTIFY_PAUSE_MS = 4_500;
const EVENTS_PER_MINUTE = 120;
/** Server members, presences and message content: a bot of slash commands needs none of them. */
const PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15);

interface Session {
  id: string;
  sequence: number;
  /** Kept for a client that comes back. */
  events: { s: number; t: string; d: Json }[];
  socket: WebSocket | undefined;
}

export interface GatewayParts {
  world: World;
  violations: Violations;
  botToken: string;
  heartbeatIntervalMs: number;
}

export class Gateway {
  readonly #parts: GatewayParts;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  #current: Session | undefined;
  #identifiesAtMs: number[] = [];
  /** What happened, for tests: `identify`, `resume`, `heartbeat`. */
  readonly log: string[] = [];
  /** Everything is delivered twice while set. */
  isDoubling = false;

  constructor(server: Server, parts: GatewayParts) {
    this.#parts = parts;
    server.on('upgrade', (request, socket, head) => {
      this.#server.handleUpgrade(request, socket, head, (client) => this.#greet(client));
    });
  }

  describe(origin: string): Json {
    const remaining = IDENTIFIES_PER_DAY - this.#identifiesAtMs.length;
    return {
      url: origin.replace('http', 'ws'),
      shards: 1,
      session_start_limit: {
        total: IDENTIFIES_PER_DAY,
        remaining,
        reset_after: 86_400_000,
        max_concurrency: 1,
      },
    };
  }

  get resumes(): number {
    return this.log.filter((line) => line === 'resume').length;
  }

  get isConnected(): boolean {
    return this.#current?.socket !== undefined;
  }

  /** Sends the event, or keeps it for the client's return. */
  dispatch(type: string, payload: Json): void {
    const session = this.#current;
    if (session === undefined) throw new Error('The bot has not identified itself.');
    session.sequence += 1;
    const event = { s: session.sequence, t: type, d: payload };
    session.events.push(event);
    if (session.events.length > 1_000) session.events.shift();
    this.#emit(session, event);
    if (this.isDoubling) this.#emit(session, event);
  }

  /** As if the last identify had been long ago: a bot that is started again in real life takes longer than in a test. */
  forgetIdentifies(): void {
    this.#identifiesAtMs = [];
  }

  /** The line goes dead, as when a cable is pulled. */
  cut(): void {
    this.#current?.socket?.terminate();
  }

  /** Discord asks its client to connect again, as it does at deployments. */
  askToReconnect(): void {
    this.#send(this.#current?.socket, { op: GatewayOpcodes.Reconnect, d: null });
  }

  /** The session is over; `isResumable` false asks for a new identify. */
  invalidate(isResumable: boolean): void {
    const socket = this.#current?.socket;
    if (!isResumable && this.#current !== undefined) this.#sessions.delete(this.#current.id);
    this.#send(socket, { op: GatewayOpcodes.InvalidSession, d: isResumable });
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #emit({ socket }: Session, event: Session['events'][number]): void {
    this.#send(socket, { op: GatewayOpcodes.Dispatch, ...event });
  }

  #send(socket: WebSocket | undefined, payload: Json): void {
    socket?.send(JSON.stringify(payload));
  }

  #greet(socket: WebSocket): void {
    const received: number[] = [];
    let session: Session | undefined;
    this.#send(socket, {
      op: GatewayOpcodes.Hello,
      d: { heartbeat_interval: this.#parts.heartbeatIntervalMs },
    });
    socket.on('message', (data) => {
      const nowMs = Date.now();
      received.push(nowMs);
      while ((received[0] ?? nowMs) < nowMs - 60_000) received.shift();
      if (received.length > EVENTS_PER_MINUTE) {
        this.#parts.violations.report('gateway', `more than ${EVENTS_PER_MINUTE} events a minute`);
        socket.close(GatewayCloseCodes.RateLimited);
        return;
      }
      session = this.#receive(socket, JSON.parse((data as Buffer).toString()), session);
    });
    socket.on('close', () => {
      if (session?.socket === socket) session.socket = undefined;
    });
    socket.on('error', () => {});
  }

  #receive(socket: WebSocket, payload: Json, session: Session | undefined): Session | undefined {
    switch (payload.op) {
      case GatewayOpcodes.Heartbeat:
        this.log.push('heartbeat');
        this.#send(socket, { op: GatewayOpcodes.HeartbeatAck, d: null });
        return session;
      case GatewayOpcodes.Identify:
        return this.#identify(socket, payload.d);
      case GatewayOpcodes.Resume:
        return this.#resume(socket, payload.d);
      default:
        return session;
    }
  }

  #identify(socket: WebSocket, d: Json): Session | undefined {
    const nowMs = Date.now();
    this.log.push('identify');
    if (d.token !== this.#parts.botToken) {
      socket.close(GatewayCloseCodes.AuthenticationFailed);
      return undefined;
    }
    if ((d.intents & PRIVILEGED_INTENTS) !== 0) {
      this.#parts.violations.report('gateway', 'privileged intents are not needed');
      socket.close(GatewayCloseCodes.DisallowedIntents);
      return undefined;
    }
    if (nowMs - (this.#identifiesAtMs.at(-1) ?? 0) < IDENTIFY_PAUSE_MS) {
      this.#parts.violations.report('gateway', 'two identifies within 5 seconds');
      this.#send(socket, { op: GatewayOpcodes.InvalidSession, d: false });
      return undefined;
    }
    this.#identifiesAtMs = [...this.#identifiesAtMs, nowMs].filter(
      (atMs) => nowMs - atMs < 86_400_000,
    );
    if (this.#identifiesAtMs.length > IDENTIFIES_PER_DAY) {
      this.#parts.violations.report('gateway', 'more than 1000 identifies a day');
    }
    const session: Session = { id: randomUUID(), sequence: 0, events: [], socket };
    this.#sessions.set(session.id, session);
    this.#current = session;
    this.dispatch('READY', this.#toReady(session));
    return session;
  }

  #toReady(session: Session): Json {
    const { id, name } = this.#parts.world.application;
    return {
      v: 10,
      user: { id, username: name, discriminator: '0', bot: true, avatar: null },
      guilds: [],
      session_id: session.id,
      resume_gateway_url: this.resumeUrl,
      shard: [0, 1],
      application: { id, flags: 0 },
    };
  }

  resumeUrl = '';

  #resume(socket: WebSocket, d: Json): Session | undefined {
    this.log.push('resume');
    const session = this.#sessions.get(d.session_id);
    if (session === undefined || d.token !== this.#parts.botToken) {
      this.#send(socket, { op: GatewayOpcodes.InvalidSession, d: false });
      return undefined;
    }
    session.socket = socket;
    this.#current = session;
    for (const event of session.events) if (event.s > d.seq) this.#emit(session, event);
    session.sequence += 1;
    this.#emit(session, { s: session.sequence, t: 'RESUMED', d: {} });
    return session;
  }
}

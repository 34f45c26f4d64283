/** The calls that start things, on a port of this machine: Lambda's Invoke, ECS's tasks, Secrets Manager's secret. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeTask {
  taskArn: string;
  createdAt: number;
  startedAt?: number;
  lastStatus: 'PROVISIONING' | 'RUNNING' | 'STOPPED';
  capacityProvider: string;
}

export interface ControlPlaneOptions {
  secret: () => unknown;
  /** Told of an asynchronous invocation. */
  invoke: (functionName: string, event: unknown) => void;
  /** Starts the task's process; false when there is no machine. */
  run: (task: FakeTask, environment: Record<string, string>) => boolean;
  stop: (taskArn: string) => void;
}

type Json = Record<string, unknown>;

export class ControlPlane {
  readonly tasks = new Map<string, FakeTask>();
  readonly #options: ControlPlaneOptions;
  readonly #server: Server;
  readonly #tokens = new Map<string, string>();

  private constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const plane = new ControlPlane(options);
    await new Promise<void>((resolve) => plane.#server.listen(0, '127.0.0.1', resolve));
    return plane;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Json;
    const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '');
    if (invoked !== null) {
      this.#options.invoke(decodeURIComponent(invoked[1] ?? ''), body);
      response.writeHead(202).end();
      return;
    }
    const [, action = ''] = String(request.headers['x-amz-target']).split('.');
    try {
      const answer = this.#act(action, body);
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer));
    } catch (error) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'ClientException', message: String(error) }));
    }
  }

  #act(action: string, body: Json): Json {
    switch (action) {
      case 'GetSecretValue':
        return { SecretString: JSON.stringify(this.#options.secret()) };
      case 'ListTasks':
        return { taskArns: this.#living().map(({ taskArn }) => taskArn) };
      case 'DescribeTasks':
        return { tasks: this.#living().map(toApi) };
      case 'StopTask':
        this.#options.stop(String(body['task']));
        return {};
      case 'RunTask':
        return this.#runTask(body);
      default:
        throw new Error(`not known here: ${action}`);
    }
  }

  #living(): FakeTask[] {
    return [...this.tasks.values()].filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  }

  /** The same token is the same task, as ECS promises. */
  #runTask(body: Json): Json {
    const token = String(body['clientToken']);
    const known = this.tasks.get(this.#tokens.get(token) ?? '');
    if (known !== undefined) return { tasks: [toApi(known)], failures: [] };
    const [strategy] = body['capacityProviderStrategy'] as { capacityProvider: string }[];
    const { containerOverrides } = body['overrides'] as {
      containerOverrides: { environment: { name: string; value: string }[] }[];
    };
    const task: FakeTask = {
      taskArn: `arn:aws:ecs:us-east-1:000000000000:task/gpu/${this.tasks.size + 1}`,
      createdAt: Date.now(),
      lastStatus: 'PROVISIONING',
      capacityProvider: strategy?.capacityProvider ?? '',
    };
    const pairs = containerOverrides[0]?.environment ?? [];
    const environment = Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
    if (!this.#options.run(task, environment)) {
      throw new Error('no capacity: RESOURCE:GPU');
    }
    this.tasks.set(task.taskArn, task);
    this.#tokens.set(token, task.taskArn);
    return { tasks: [toApi(task)], failures: [] };
  }
}

function toApi({ taskArn, createdAt, startedAt, lastStatus }: FakeTask): Json {
  return {
    taskArn,
    lastStatus,
    createdAt: createdAt / 1_000,
    ...(startedAt === undefined ? {} : { startedAt: startedAt / 1_000 }),
  };
}

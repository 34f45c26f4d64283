/**
 * The whole bot on AWS without AWS: the bundled Lambdas as processes, workers as processes, the SDK's clients against
 * local servers, Discord and Slack at both ends. What EventBridge, event sources and ECS do is done here.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createDiscordRest } from '../../../bot/platforms/discord/rest.ts';
import { registerCommands } from '../../../bot/platforms/discord/register-commands.ts';
import { projectFolder } from '../../source-files.ts';
import { FakeDiscord } from '../discord/fake-discord.ts';
import { FakeSlack } from '../slack/fake-slack.ts';
import { BOT_TOKEN as SLACK_TOKEN, SIGNING_SECRET } from '../slack/workspace.ts';
import { ControlPlane, type FakeTask } from './control-plane.ts';
import { deploy, type Deployment } from './deploy.ts';
import { callIngress, createLambdas, type LambdaName } from './create-lambdas.ts';
import type { LambdaHost } from './lambda-host.ts';
import { startLocalAws, type LocalAws } from './local-aws.ts';
import { readTemplates } from './templates.ts';

const SCRIPTED_WORKER = join(import.meta.dirname, 'scripted-worker-main.ts');
const REAL_WORKER = join(projectFolder, 'gpu-function/main.ts');

export class Cloud {
  readonly aws: LocalAws;
  readonly discord: FakeDiscord;
  readonly slack: FakeSlack;
  readonly plane: ControlPlane;
  readonly deployment: Deployment;
  readonly lambdas: Record<LambdaName, LambdaHost>;
  readonly workers = new Map<string, ChildProcess>();
  readonly workerOutput: string[] = [];
  /** What the next machines run, and with what. */
  worker = { entry: SCRIPTED_WORKER, environment: {} as Record<string, string>, startMs: 50 };
  /** Providers that have no machine. */
  readonly lacking = new Set<string>();
  /** Events are kept in their queue while set. */
  isHoldingEvents = false;
  /** Each batch of events is delivered twice while set. */
  isDoubling = false;
  readonly #web: Server;
  readonly #stopping = new AbortController();
  readonly #polling: Promise<void>[] = [];

  private constructor(parts: {
    aws: LocalAws;
    discord: FakeDiscord;
    slack: FakeSlack;
    deployment: Deployment;
    plane: ControlPlane;
    web: Server;
    lambdas: Record<LambdaName, LambdaHost>;
  }) {
    this.aws = parts.aws;
    this.discord = parts.discord;
    this.slack = parts.slack;
    this.deployment = parts.deployment;
    this.plane = parts.plane;
    this.#web = parts.web;
    this.lambdas = parts.lambdas;
    this.#polling.push(
      this.#poll('QueuesEvents', 'notifier'),
      this.#poll('QueuesDeadJobs', 'deadLetter'),
    );
  }

  static async start(): Promise<Cloud> {
    const aws = await startLocalAws();
    const deployment = await deploy(aws, readTemplates());
    let cloud: Cloud | undefined;
    const plane = await ControlPlane.start({
      secret: () => ({
        discordToken: cloud?.discord.botToken,
        slackBotToken: SLACK_TOKEN,
        slackSigningSecret: SIGNING_SECRET,
      }),
      invoke: (_, event) => void cloud?.lambdas.dispatcher.invoke(event).catch(() => {}),
      run: (task, environment) => cloud?.runTask(task, environment) ?? false,
      stop: (taskArn) => void cloud?.workers.get(taskArn)?.kill('SIGTERM'),
    });
    const send = (path: string, body: string, headers: Record<string, string>) =>
      callIngress(cloud?.lambdas.ingress, path, body, headers);
    const discord = await FakeDiscord.start({
      sendRequest: async (body, headers) => {
        const { statusCode, body: text } = await send('/discord/interactions', body, headers);
        return { status: statusCode, text };
      },
    });
    const slack = await FakeSlack.start();
    const web = createServer((request, response) => {
      void readBody(request)
        .then((body) => send('/slack/events', body, request.headers as Record<string, string>))
        .then(({ statusCode, headers, body }) => response.writeHead(statusCode, headers).end(body));
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    slack.deliverTo(`http://127.0.0.1:${(web.address() as AddressInfo).port}/slack/events`);
    const lambdas = createLambdas(deployment, {
      ...aws.environment,
      AWS_ENDPOINT_URL_LAMBDA: plane.url,
      AWS_ENDPOINT_URL_ECS: plane.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: plane.url,
      TURN_LEASE_SECONDS: '2',
      DISCORD_API_URL: discord.apiUrl,
      SLACK_API_URL: slack.apiUrl,
      DISCORD_PUBLIC_KEY: discord.key.publicKeyHex,
      DISCORD_APPLICATION_ID: discord.world.application.id,
    });
    cloud = new Cloud({ aws, discord, slack, deployment, plane, web, lambdas });
    const api = createDiscordRest({ token: discord.botToken, apiUrl: discord.apiUrl });
    await registerCommands(api, discord.world.application.id);
    return cloud;
  }

  /** From now on machines draw with the built-in model. */
  useRealWorker(): void {
    this.worker = { ...this.worker, entry: REAL_WORKER };
  }

  useScriptedWorker(environment: Record<string, string> = {}): void {
    this.worker = { ...this.worker, entry: SCRIPTED_WORKER, environment };
  }

  /** What EventBridge does every five minutes. */
  async sweep(): Promise<void> {
    await this.lambdas.dispatcher.invoke({ 'detail-type': 'Scheduled Event' });
    await this.lambdas.notifier.invoke({ 'detail-type': 'Scheduled Event' });
  }

  queueUrl(prefix: string): string {
    return this.deployment.names[this.deployment.idOf('AWS::SQS::Queue', prefix)] ?? '';
  }

  tableName(prefix: 'Runs' | 'Records'): string {
    const [, name] =
      Object.entries(this.deployment.names).find(([id]) => id.startsWith(prefix)) ?? [];
    return name ?? '';
  }

  bucketName(): string {
    const [, name] =
      Object.entries(this.deployment.names).find(([id]) => id.startsWith('Pictures')) ?? [];
    return name ?? '';
  }

  /** A machine that loses its power. */
  killWorkers(signal: NodeJS.Signals = 'SIGKILL'): void {
    for (const child of this.workers.values()) child.kill(signal);
  }

  /** Machines that are still being started never come. */
  forgetTasks(): void {
    for (const task of this.plane.tasks.values()) {
      if (task.lastStatus === 'PROVISIONING') task.lastStatus = 'STOPPED';
    }
  }

  runTask(task: FakeTask, overrides: Record<string, string>): boolean {
    if (this.lacking.has(task.capacityProvider)) return false;
    const { entry, environment, startMs } = this.worker;
    setTimeout(() => {
      if (this.#stopping.signal.aborted || task.lastStatus === 'STOPPED') return;
      const child = spawn(process.execPath, [entry], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          ...this.deployment.environmentOf('Gpu'),
          ...this.aws.environment,
          // A machine that vanished is noticed after seconds and not minutes.
          VISIBILITY_SECONDS: '3',
          IDLE_EXIT_SECONDS: '3',
          LOG_LEVEL: 'error',
          ...overrides,
          ...environment,
        },
      });
      this.workers.set(task.taskArn, child);
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => this.workerOutput.push(chunk.toString()));
      }
      Object.assign(task, { lastStatus: 'RUNNING', startedAt: Date.now() });
      child.on('exit', () => this.#endTask(task));
    }, startMs).unref();
    return true;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.killWorkers();
    for (const lambda of Object.values(this.lambdas)) lambda.kill();
    await Promise.all(this.#polling);
    await Promise.all([this.discord.stop(), this.slack.stop(), this.plane.stop()]);
    this.#web.closeAllConnections();
    await new Promise((resolve) => this.#web.close(resolve));
    await this.aws.stop();
  }

  #endTask(task: FakeTask): void {
    this.workers.delete(task.taskArn);
    task.lastStatus = 'STOPPED';
    if (this.#stopping.signal.aborted) return;
    const time = (atMs: number) => new Date(atMs).toISOString();
    const event = {
      'detail-type': 'ECS Task State Change',
      detail: {
        taskArn: task.taskArn,
        lastStatus: 'STOPPED',
        createdAt: time(task.createdAt),
        startedAt: time(task.startedAt ?? task.createdAt),
        stoppedAt: time(Date.now()),
        stoppedReason: 'Essential container in task exited',
        capacityProviderName: task.capacityProvider,
      },
    };
    void this.lambdas.dispatcher.invoke(event).catch(() => {});
  }

  /** As Lambda's event source: a batch in, what failed comes again. */
  async #poll(queue: string, name: 'notifier' | 'deadLetter'): Promise<void> {
    const QueueUrl = this.queueUrl(queue);
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.isHoldingEvents && name === 'notifier') {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const { Messages = [] } = await this.aws.sqs
        .send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: 1,
            MessageSystemAttributeNames: ['All'],
          }),
          { abortSignal: signal },
        )
        .catch(() => ({ Messages: [] as Message[] }));
      if (Messages.length > 0) void this.#handle(QueueUrl, name, Messages);
    }
  }

  async #handle(
    QueueUrl: string,
    name: 'notifier' | 'deadLetter',
    messages: readonly Message[],
  ): Promise<void> {
    const event = {
      Records: messages.map(({ MessageId, Body, Attributes }) => ({
        messageId: MessageId,
        body: Body,
        attributes: Attributes,
      })),
    };
    const failed = await this.#invoke(name, event, messages);
    if (this.isDoubling) await this.#invoke(name, event, messages);
    for (const { MessageId, ReceiptHandle } of messages) {
      const handle = { QueueUrl, ReceiptHandle };
      const command = failed.has(MessageId)
        ? new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 0 })
        : new DeleteMessageCommand(handle);
      await this.aws.sqs.send(command as DeleteMessageCommand).catch(() => {});
    }
  }

  async #invoke(
    name: 'notifier' | 'deadLetter',
    event: unknown,
    messages: readonly Message[],
  ): Promise<Set<string | undefined>> {
    try {
      const answer = (await this.lambdas[name].invoke(event)) as {
        batchItemFailures: { itemIdentifier: string }[];
      };
      return new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } catch {
      return new Set(messages.map(({ MessageId }) => MessageId));
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

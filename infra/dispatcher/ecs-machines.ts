/** Machines as one-shot ECS tasks on Managed Instances: a task that starts brings its machine, one that ends frees it. */
import {
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type ECSClient,
  type Task,
} from '@aws-sdk/client-ecs';
import type { Capacity, Machines } from './dispatch.ts';
import type { MachineTask } from './plan-tasks.ts';

export interface EcsMachinesOptions {
  ecs: ECSClient;
  cluster: string;
  taskDefinition: string;
  /** Of the task definition's one container. */
  containerName: string;
  capacityProviders: Readonly<Record<Capacity, string>>;
  nowMs: () => number;
}

/** DescribeTasks takes so many at once. */
const TASKS_PER_CALL = 100;

export function createEcsMachines(options: EcsMachinesOptions): Machines {
  const { ecs, cluster } = options;
  return {
    async list() {
      const tasks: Task[] = [];
      let nextToken: string | undefined;
      do {
        const page = await ecs.send(
          new ListTasksCommand({ cluster, desiredStatus: 'RUNNING', nextToken }),
        );
        const arns = page.taskArns ?? [];
        for (let first = 0; first < arns.length; first += TASKS_PER_CALL) {
          const some = arns.slice(first, first + TASKS_PER_CALL);
          const answer = await ecs.send(new DescribeTasksCommand({ cluster, tasks: some }));
          tasks.push(...(answer.tasks ?? []));
        }
        ({ nextToken } = page);
      } while (nextToken !== undefined);
      return tasks.flatMap((task) => toMachineTask(task, options.nowMs()) ?? []);
    },
    async start(capacity, token) {
      const { tasks = [] } = await ecs
        .send(
          new RunTaskCommand({
            cluster,
            taskDefinition: options.taskDefinition,
            count: 1,
            capacityProviderStrategy: [
              { capacityProvider: options.capacityProviders[capacity], weight: 1 },
            ],
            clientToken: token,
            overrides: {
              containerOverrides: [
                {
                  name: options.containerName,
                  environment: [{ name: 'MACHINE_ASKED_AT_MS', value: String(options.nowMs()) }],
                },
              ],
            },
            propagateTags: 'TASK_DEFINITION',
          }),
        )
        .catch((error: unknown) => {
          if (isShortage(error)) return { tasks: [] };
          throw error;
        });
      return tasks.length > 0;
    },
    async stop(id, reason) {
      await ecs.send(new StopTaskCommand({ cluster, task: id, reason: reason.slice(0, 255) }));
    },
  };
}

/** Words in which ECS and EC2 say that there is no machine, in errors and in the reasons of stopped tasks. */
export function isShortageText(text: string): boolean {
  return /capacity|RESOURCE:|InsufficientInstance|MaxSpotInstanceCount|VcpuLimitExceeded/i.test(
    text,
  );
}

function isShortage(error: unknown): boolean {
  return error instanceof Error && isShortageText(`${error.name} ${error.message}`);
}

function toMachineTask(task: Task, nowMs: number): MachineTask | undefined {
  if (task.taskArn === undefined || task.lastStatus === 'STOPPED') return undefined;
  return {
    id: task.taskArn,
    createdAtMs: task.createdAt?.getTime() ?? nowMs,
    startedAtMs: task.startedAt?.getTime(),
  };
}

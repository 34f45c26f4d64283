/**
 * Jobs in one DynamoDB table: an item a job, found by four sparse indices. Every write is of one item and conditional,
 * so that any number of bots may share it. Items are forgotten by DynamoDB itself after some months.
 */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { isTerminal } from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';
import type {
  JobPage,
  JobQuery,
  JobRecord,
  JobStore,
  Logger,
  UserJobQuery,
  UserKey,
} from '../core/ports.ts';
import { formatCursor, parseCursor } from './job-cursor.ts';
import { parseRow, toRow, toWorkMs } from './job-record-row.ts';

export interface DynamodbJobStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  /** Where what is too large for an item goes: start images that came with a command. */
  texts: {
    putText(key: string, text: string): Promise<void>;
    getText(key: string): Promise<string>;
  };
  logger: Logger;
}

type Item = Record<string, AttributeValue>;

/** Of 400 KB that an item may have. */
const REQUEST_CHARACTERS_MAX = 100_000;
/** A larger one is left out: previews come anew with the next step. */
const PREVIEW_CHARACTERS_MAX = 100_000;
const KEPT_S = 180 * 24 * 3_600;
/** Names of the indices, as the stack makes them. */
const INDEX = {
  open: 'open',
  channel: 'channel',
  user: 'user',
  openByUser: 'open-by-user',
  drawn: 'drawn',
};
/** The one partition of an index that holds few items. */
const ALL = 'all';

export function createDynamodbJobStore(options: DynamodbJobStoreOptions): JobStore {
  return new DynamodbJobStore(options);
}

class DynamodbJobStore implements JobStore {
  readonly #options: DynamodbJobStoreOptions;

  constructor(options: DynamodbJobStoreOptions) {
    this.#options = options;
  }

  insert(record: JobRecord): Promise<boolean> {
    return this.#put(record, 'attribute_not_exists(id)');
  }

  async update(record: JobRecord): Promise<void> {
    await this.#put(record, 'attribute_exists(id)');
  }

  async get(id: JobId): Promise<JobRecord | undefined> {
    const { client, tableName } = this.#options;
    const command = new GetItemCommand({
      TableName: tableName,
      Key: { id: { S: id } },
      ConsistentRead: true,
    });
    const { Item } = await client.send(command);
    return Item && this.#read(Item);
  }

  async delete(id: JobId): Promise<void> {
    const { client, tableName } = this.#options;
    await client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } }));
  }

  async listOpen(): Promise<JobRecord[]> {
    const items = await this.#query(INDEX.open, 'openKey', ALL);
    return this.#readAll(items);
  }

  async list({ platform, channelId, createdBeforeMs, limit }: JobQuery): Promise<JobRecord[]> {
    const items = await this.#query(INDEX.channel, 'channelKey', `${platform}#${channelId}`, {
      before: createdBeforeMs === undefined ? undefined : toOrder(createdBeforeMs),
      isNewestFirst: true,
      limit,
    });
    return this.#readAll(items);
  }

  async listByUser(query: UserJobQuery): Promise<JobPage> {
    const { platform, userId, cursor, limit, isSucceeded } = query;
    const from = cursor === undefined ? undefined : parseCursor(cursor);
    const items = await this.#query(INDEX.user, 'userKey', `${platform}#${userId}`, {
      before: from && toOrder(from.createdAtMs, from.id),
      isNewestFirst: true,
      limit: limit + 1,
      ...(isSucceeded === true ? { filter: ['jobStatus', 'succeeded'] as const } : {}),
    });
    const last = items[limit - 1];
    const hasMore = items.length > limit && last !== undefined;
    return {
      records: await this.#readAll(items.slice(0, limit)),
      nextCursor: hasMore ? formatCursor(toPosition(last)) : undefined,
    };
  }

  async countOpenByUser({ platform, userId }: UserKey): Promise<number> {
    const items = await this.#query(INDEX.openByUser, 'openUserKey', `${platform}#${userId}`);
    return items.length;
  }

  async recentDurationsMs(limit: number): Promise<number[]> {
    const items = await this.#query(INDEX.drawn, 'drawnKey', ALL, { isNewestFirst: true, limit });
    return items.map((item) => Number(item['work_ms']?.N));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #put(record: JobRecord, condition: string): Promise<boolean> {
    const { client, tableName } = this.#options;
    const command = new PutItemCommand({
      TableName: tableName,
      Item: await this.#toItem(record),
      ConditionExpression: condition,
    });
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async #toItem(record: JobRecord): Promise<Item> {
    const item: Item = {};
    for (const [name, value] of Object.entries(toRow(withoutLargePreview(record)))) {
      if (value !== null) {
        item[name] = typeof value === 'number' ? { N: String(value) } : { S: value };
      }
    }
    const request = item['request']?.S ?? '';
    if (request.length > REQUEST_CHARACTERS_MAX) {
      const key = toTextKey(record.id);
      await this.#options.texts.putText(key, request);
      item['request'] = { S: '' };
      item['requestKey'] = { S: key };
    }
    return { ...item, ...toIndexKeys(record) };
  }

  async #readAll(items: readonly Item[]): Promise<JobRecord[]> {
    const records = await Promise.all(items.map((item) => this.#read(item)));
    return records.filter((record) => record !== undefined);
  }

  /** An item that cannot be read is told to the log and left out: one broken job must not stop all the others. */
  async #read(item: Item): Promise<JobRecord | undefined> {
    const row: Record<string, unknown> = { lineage: null, answered_at_ms: null };
    for (const [name, value] of Object.entries(item)) {
      row[name] = value.N === undefined ? value.S : Number(value.N);
    }
    try {
      const key = item['requestKey']?.S;
      if (key !== undefined) row['request'] = await this.#options.texts.getText(key);
      return parseRow(row);
    } catch (error) {
      const fields = { jobId: item['id']?.S, err: error };
      this.#options.logger.error(fields, 'a stored job could not be read');
      return undefined;
    }
  }

  async #query(
    index: string,
    keyName: string,
    key: string,
    range: {
      before?: string | undefined;
      isNewestFirst?: boolean;
      limit?: number;
      filter?: readonly [name: string, value: string];
    } = {},
  ): Promise<Item[]> {
    const { client, tableName } = this.#options;
    const { before, filter, limit = Number.POSITIVE_INFINITY } = range;
    const input: QueryCommandInput = {
      TableName: tableName,
      IndexName: index,
      KeyConditionExpression: `${keyName} = :key${before === undefined ? '' : ' AND itemOrder < :before'}`,
      ExpressionAttributeValues: {
        ':key': { S: key },
        ...(before === undefined ? {} : { ':before': { S: before } }),
        ...(filter === undefined ? {} : { ':filter': { S: filter[1] } }),
      },
      ...(filter === undefined ? {} : { FilterExpression: `${filter[0]} = :filter` }),
      ScanIndexForward: range.isNewestFirst !== true,
      ...(Number.isFinite(limit) && filter === undefined ? { Limit: limit } : {}),
    };
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const page = await client.send(new QueryCommand({ ...input, ExclusiveStartKey: start }));
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && items.length < limit);
    return items.slice(0, limit);
  }
}

/** An item is in an index when it has the index's key: most jobs are in few of them. */
function toIndexKeys(record: JobRecord): Item {
  const { place, user, state } = record;
  const userKey = { S: `${place.platform}#${user.id}` };
  const isOpen = !isTerminal(state);
  const isDrawn = toWorkMs(record) !== undefined;
  return {
    itemOrder: { S: toOrder(record.createdAtMs, record.id) },
    updateOrder: { S: toOrder(record.updatedAtMs, record.id) },
    expiresAtS: { N: String(Math.floor(record.createdAtMs / 1_000) + KEPT_S) },
    jobStatus: { S: state.status },
    channelKey: { S: `${place.platform}#${place.channelId}` },
    userKey,
    ...(isOpen || record.answeredAtMs === undefined ? { openKey: { S: ALL } } : {}),
    ...(isOpen ? { openUserKey: userKey } : {}),
    ...(isDrawn ? { drawnKey: { S: ALL } } : {}),
  };
}

/** Sorts by time, then by id. */
function toOrder(timeMs: number, id = ''): string {
  return `${String(Math.max(0, Math.round(timeMs))).padStart(16, '0')}#${id}`;
}

function toPosition(item: Item): { createdAtMs: number; id: string } {
  return { createdAtMs: Number(item['created_at_ms']?.N), id: item['id']?.S ?? '' };
}

const toTextKey = (id: JobId): string => `requests/${id}.record.json`;

function withoutLargePreview(record: JobRecord): JobRecord {
  const { state } = record;
  if (!('preview' in state) || state.preview === undefined) return record;
  if (state.preview.base64.length <= PREVIEW_CHARACTERS_MAX) return record;
  const { preview: _left, ...rest } = state;
  return { ...record, state: rest };
}

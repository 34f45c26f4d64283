/** Keys and indices of the two tables, as plain data: the stack makes them, and tests make the same ones locally. */

export interface KeyShape {
  name: string;
  type: 'S' | 'N';
}

export interface IndexShape {
  name: string;
  partitionKey: KeyShape;
  sortKey: KeyShape;
  /** All attributes, only the keys, or these besides the keys. */
  attributes: 'all' | 'keys' | readonly string[];
}

export interface TableShape {
  partitionKey: KeyShape;
  sortKey?: KeyShape;
  indices: readonly IndexShape[];
  /** Holds the second (Unix time) after which DynamoDB removes an item. */
  timeToLiveAttribute: string;
}

const text = (name: string): KeyShape => ({ name, type: 'S' });

/** What GPU workers may see: requests, logs of runs, leases, what is known of the machines. */
export const RUNS_TABLE: TableShape = {
  partitionKey: text('jobId'),
  sortKey: { name: 'sequence', type: 'N' },
  indices: [],
  timeToLiveAttribute: 'expiresAtS',
};

/** What only the bot may see: people, places and their reply tokens, settings. */
export const RECORDS_TABLE: TableShape = {
  partitionKey: text('id'),
  indices: [
    index('open', 'openKey', 'itemOrder', 'all'),
    index('channel', 'channelKey', 'itemOrder', 'all'),
    index('user', 'userKey', 'itemOrder', 'all'),
    index('open-by-user', 'openUserKey', 'itemOrder', 'keys'),
    index('drawn', 'drawnKey', 'updateOrder', ['work_ms']),
  ],
  timeToLiveAttribute: 'expiresAtS',
};

function index(
  name: string,
  partitionKey: string,
  sortKey: string,
  attributes: IndexShape['attributes'],
): IndexShape {
  return { name, partitionKey: text(partitionKey), sortKey: text(sortKey), attributes };
}

/** Results by key, the least recently used forgotten first. */

export interface RecentResults<Value> {
  /** The remembered value, or the one that is made now. What throws is not remembered. */
  recall(key: string, make: () => Promise<Value>): Promise<Value>;
}

export function createRecentResults<Value>(sizeMax: number): RecentResults<Value> {
  const values = new Map<string, Value>();
  return {
    async recall(key, make) {
      const value = values.get(key) ?? (await make());
      values.delete(key);
      values.set(key, value);
      const oldest = values.keys().next();
      if (values.size > sizeMax && !oldest.done) values.delete(oldest.value);
      return value;
    },
  };
}

/** Runs one Lambda's bundle as a process: an event in, its answer out, one after the other as they come. */
const [bundle = ''] = process.argv.slice(2);
const { handler } = (await import(bundle)) as { handler: (event: unknown) => Promise<unknown> };

interface Invocation {
  id: number;
  event: unknown;
}

process.on('message', (message) => {
  const { id, event } = message as Invocation;
  handler(event).then(
    (answer) => process.send?.({ id, answer }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0 });

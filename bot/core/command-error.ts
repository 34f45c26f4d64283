/** The parser's only error: its message is one sentence for the person who typed the command. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A mistake in what was typed; its message is one sentence. */
export class CommandMistake extends Error {
  override readonly name = 'CommandMistake';
}

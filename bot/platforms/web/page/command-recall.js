// @ts-check
/** Up and Down through the commands of the channel, as in a shell. */

/** @param {() => string[]} listCommands oldest first */
export function createCommandRecall(listCommands) {
  /** @type {string[]} */
  let commands = [];
  /** Place from the end; 0 is the empty line below the newest command. */
  let place = 0;
  let recalled = '';

  return {
    /**
     * The text after a step up (older) or down (newer), or undefined when the key has its usual meaning.
     *
     * @param {string} text what stands in the composer now
     * @param {1 | -1} by 1 is older
     * @returns {string | undefined}
     */
    step(text, by) {
      const isWalking = place > 0 && text === recalled;
      if (!isWalking && (text !== '' || by < 0)) return undefined;
      if (!isWalking) {
        place = 0;
        // The same command many times in a row is one stop.
        commands = listCommands().filter((command, index, all) => command !== all[index + 1]);
      }
      const next = place + by;
      if (next > commands.length) return recalled;
      place = next;
      recalled = place === 0 ? '' : (commands[commands.length - place] ?? '');
      return recalled;
    },
    reset() {
      place = 0;
    },
  };
}

/** What stands on people's screens, and waiting for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeSlack } from './fake-slack.ts';
import type { SlackPerson } from './person.ts';
import { toText, toViewText } from './transcript.ts';
import { lookOf, type SlackMessage, type SlackView } from './workspace.ts';

/** An engine that shares its processor with many others takes its time. */
const PATIENCE_MS = 100_000;

/** Asks again and again until there is an answer. */
async function waitFor<T>(
  what: string,
  read: () => T | false | undefined | Promise<T | false | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await sleep(5);
  }
}

export class SlackScreen {
  readonly #slack: FakeSlack;

  constructor(slack: FakeSlack) {
    this.#slack = slack;
  }

  words(message: SlackMessage): string {
    return toText(lookOf(message), this.#slack.workspace);
  }

  /** The message in the channel that everybody sees and that says this. */
  find(channelId: string, words: string): Promise<SlackMessage> {
    return waitFor(`"${words}" in ${channelId}`, () => {
      const messages = this.#slack.workspace.visible(channelId);
      return messages.find((message) => this.words(message).includes(words));
    });
  }

  /** The same, with what only this person sees. */
  findFor(person: SlackPerson, channelId: string, words: string): Promise<SlackMessage> {
    return waitFor(`"${words}" for ${person.user.name} in ${channelId}`, () => {
      const messages = this.#slack.workspace.visible(channelId, person.user.id);
      return messages.findLast(
        (message) => message.ephemeralFor === person.user.id && this.words(message).includes(words),
      );
    });
  }

  modalOf(person: SlackPerson): Promise<SlackView> {
    return waitFor(`a modal for ${person.user.name}`, () => person.modal());
  }

  home(person: SlackPerson): string {
    const home = this.#slack.workspace.homes.get(person.user.id);
    return home === undefined ? '' : toViewText(home, this.#slack.workspace);
  }

  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    await waitFor(isSo.toString(), isSo);
  }
}

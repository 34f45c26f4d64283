/** What every platform may ask of the bot. One implementation, in imagine-service.ts. */
import type { ModelDescription } from '#contract/model-description.ts';
import type { Card } from './card.ts';
import type { JobQuery, JobRecord, Place, User } from './ports.ts';

export interface CommandMessage {
  /** The whole text after the slash command's name, flags included: `a red apple --seed 7`. */
  text: string;
  user: User;
  place: Place;
  /** The platform's own id of the message or interaction: a repeated delivery is the same job. */
  deliveryId: string;
}

export interface ActionMessage {
  /** The pressed button's id, as formatAction made it. */
  actionId: string;
  user: User;
  place: Place;
  deliveryId: string;
}

export type Outcome =
  /** A job was accepted (or was known already): its card is on its way to the place. */
  | { kind: 'job'; record: JobRecord; card: Card }
  /** Done, nothing new to show. */
  | { kind: 'done' }
  /** Open the command for editing, filled with this text. */
  | { kind: 'edit'; command: string }
  /** Refused, with one sentence that names the value and the remedy. Nothing was kept. */
  | { kind: 'refused'; message: string };

/** One offer while a person types. */
export interface Completion {
  /** What is shown: `--ar`. */
  label: string;
  /** What it is for: `Aspect ratio, such as 3:2`. */
  description: string;
  /** Replaces the text from `from` to the cursor. */
  insertText: string;
  from: number;
}

export interface ImagineService {
  /** Takes up the jobs that were open when the bot last stopped, and follows them. */
  start(): Promise<void>;
  /** Stops following; open jobs stay open in the store. */
  stop(): Promise<void>;
  imagine(message: CommandMessage): Promise<Outcome>;
  act(message: ActionMessage): Promise<Outcome>;
  /** Offers for the text after `/imagine ` with the cursor at the given offset. */
  complete(text: string, cursor: number): Promise<Completion[]>;
  history(query: JobQuery): Promise<{ record: JobRecord; card: Card }[]>;
  image(jobId: string, index: number): Promise<Uint8Array | undefined>;
  models(): Promise<ModelDescription[]>;
  /** The help text for people, in plain sentences and one line per flag. */
  help(): string;
}

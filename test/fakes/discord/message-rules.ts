/** What a message may be: schema, components, texts, files, mentions. Writes what the bot sent into a message. */
import { MessageFlags } from 'discord-api-types/v10';
import { ApiError } from './api-error.ts';
import { findComponentProblems, referencedFiles } from './component-rules.ts';
import { findSchemaProblem, type BodyKind } from './schemas.ts';
import type { Violations } from './violations.ts';
import type { DiscordMessage, Json, StoredAttachment, World } from './world.ts';

const CONTENT_CHARACTERS_MAX = 2_000;
const REQUEST_BYTES_MAX = 25 * 1024 * 1024;

export interface Upload {
  /** The number in `files[n]`. */
  index: string;
  filename: string;
  contentType: string;
  bytes: Uint8Array;
}

export interface MessageBody {
  json: Json;
  uploads: Upload[];
}

export class MessageRules {
  readonly #world: World;
  readonly #violations: Violations;

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
  }

  /** Throws 400 and counts a violation: the real service would refuse it, and the bot is expected never to send it. */
  checkSchema(kind: BodyKind, body: unknown): void {
    const problem = findSchemaProblem(kind, body);
    if (problem !== undefined) this.#refuse('schema', problem);
  }

  /** Puts the body into the message; what it does not mention stays as it is on an edit. */
  apply(message: DiscordMessage, { json, uploads }: MessageBody): void {
    const flags: number = json.flags ?? message.flags;
    const isV2 = (flags & MessageFlags.IsComponentsV2) !== 0;
    const wasV2 = (message.flags & MessageFlags.IsComponentsV2) !== 0;
    if (wasV2 && !isV2) this.#refuse('components-v2', 'the flag cannot be taken off a message');
    if (isV2 && ((json.content ?? '') !== '' || (json.embeds ?? []).length > 0)) {
      this.#refuse('components-v2', 'the flag excludes content and embeds');
    }
    this.#checkMentions(json);
    const content: string = json.content ?? message.content;
    if (content.length > CONTENT_CHARACTERS_MAX) this.#refuse('content', 'more than 2000');
    const attachments = this.#applyAttachments(message, json, uploads);
    const components: Json[] = json.components ?? message.components;
    if (content === '' && components.length === 0 && attachments.length === 0) {
      throw new ApiError('emptyMessage');
    }
    if (isV2) this.#checkComponents(components, attachments);
    Object.assign(message, { flags, content, attachments, isLoading: false });
    message.components = components.map((component) => structuredClone(component));
  }

  #checkComponents(components: readonly Json[], attachments: readonly StoredAttachment[]): void {
    for (const problem of findComponentProblems(components)) this.#refuse('components', problem);
    const referenced = referencedFiles(components);
    const names = attachments.map(({ filename }) => filename);
    for (const name of referenced) {
      if (!names.includes(name)) this.#refuse('attachments', `${name} is shown and not there`);
    }
    for (const name of names) {
      if (!referenced.includes(name)) {
        this.#violations.report('attachments', `${name} is uploaded and nowhere shown`);
      }
    }
  }

  /** An edit that lists attachments keeps these alone; one that does not keeps all. */
  #applyAttachments(message: DiscordMessage, json: Json, uploads: Upload[]): StoredAttachment[] {
    const limit = message.channel.guild?.attachmentSizeLimit ?? 10 * 1024 * 1024;
    const total = uploads.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    const tooLarge = uploads.find(({ bytes }) => bytes.byteLength > limit);
    if (tooLarge !== undefined || total > REQUEST_BYTES_MAX) {
      this.#violations.report('size', `${tooLarge?.filename ?? 'the request'} is too large`);
      throw new ApiError('tooLarge');
    }
    const listed: Json[] | undefined = json.attachments ?? undefined;
    const kept = message.attachments.filter(
      ({ id }) => listed === undefined || listed.some((entry) => entry.id === id),
    );
    const added = uploads.map((upload) => {
      const entry = listed?.find((candidate) => candidate.id === upload.index);
      if (listed !== undefined && entry === undefined) {
        this.#refuse('attachments', `files[${upload.index}] is not listed`);
      }
      return this.#store(message, upload, entry);
    });
    const known = new Set([...kept.map(({ id }) => id), ...uploads.map(({ index }) => index)]);
    for (const { id } of listed ?? []) {
      if (!known.has(id)) this.#refuse('attachments', `attachment ${id} is listed and not there`);
    }
    const all = [...kept, ...added];
    if (all.length > 10) this.#refuse('attachments', 'more than 10');
    return all;
  }

  #store(message: DiscordMessage, upload: Upload, entry: Json): StoredAttachment {
    const attachment = {
      id: this.#world.nextId(),
      filename: upload.filename,
      description: entry?.description ?? undefined,
      contentType: upload.contentType,
      bytes: upload.bytes,
      channelId: message.channel.id,
    };
    this.#world.attachments.set(attachment.id, attachment);
    return attachment;
  }

  #checkMentions(json: Json): void {
    const allowed = json.allowed_mentions;
    const isEmpty = allowed !== undefined && allowed !== null && allowed.parse?.length === 0;
    const hasText = json.content !== undefined || json.components !== undefined;
    if (hasText && !isEmpty) {
      this.#violations.report('mentions', 'allowed_mentions must be empty: a prompt could ping');
    }
  }

  #refuse(rule: string, detail: string): never {
    this.#violations.report(rule, detail);
    throw new ApiError('invalidForm', detail);
  }
}

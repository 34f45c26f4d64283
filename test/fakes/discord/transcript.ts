/** A message as a person sees it: plain text for logs, and a page for eyes. */
import { ComponentType } from 'discord-api-types/v10';
import type { DiscordMessage, Json, StoredAttachment } from './world.ts';

export function toText(message: DiscordMessage): string {
  const seenBy = message.visibleTo === undefined ? '' : ` (only ${message.visibleTo.name} sees it)`;
  if (message.isLoading) return `Imagine is thinking…${seenBy}`;
  const lines = message.components.flatMap((component) => textOf(component, message));
  return [`Imagine${seenBy}`, message.content, ...lines].filter((line) => line !== '').join('\n');
}

function textOf(component: Json, message: DiscordMessage): string[] {
  switch (component.type) {
    case ComponentType.TextDisplay:
      return component.content.split('\n');
    case ComponentType.Separator:
      return ['———'];
    case ComponentType.ActionRow:
      return [component.components.map((child: Json) => nameOf(child)).join(' ')];
    case ComponentType.MediaGallery:
      return component.items.map((item: Json) => pictureOf(item, message));
    case ComponentType.Container:
      return component.components.flatMap((child: Json) =>
        textOf(child, message).map((line) => `│ ${line}`),
      );
    case ComponentType.Section:
      return [
        ...component.components.flatMap((child: Json) => textOf(child, message)),
        component.accessory.type === ComponentType.Thumbnail
          ? pictureOf(component.accessory, message)
          : nameOf(component.accessory),
      ];
    default:
      return [`(component ${component.type})`];
  }
}

function nameOf(component: Json): string {
  if (component.options !== undefined) {
    return `[${component.placeholder ?? 'choose'}: ${component.options.map((option: Json) => option.label).join(' | ')}]`;
  }
  const emoji = component.emoji?.name ?? '';
  return `[${[emoji, component.label ?? ''].filter((part) => part !== '').join(' ')}${component.disabled === true ? ' (off)' : ''}]`;
}

function fileOf(item: Json, message: DiscordMessage): StoredAttachment | undefined {
  const name = String(item.media.url).replace('attachment://', '');
  return message.attachments.find(({ filename }) => filename === name);
}

function pictureOf(item: Json, message: DiscordMessage): string {
  const file = fileOf(item, message);
  const spoiler = item.spoiler === true ? 'spoiler, ' : '';
  const size = file === undefined ? 'missing' : `${file.contentType}, ${file.bytes.byteLength} B`;
  return `<picture ${spoiler}${size}: ${item.description}>`;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Just enough of Discord's markdown for a page that looks like what people see. */
const marked = (text: string): string =>
  escape(text)
    .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replaceAll(/^-# (.+)$/gm, '<small>$1</small>')
    .replaceAll(/&lt;t:(\d+):R>/g, '<i>in a moment</i>')
    .replaceAll(/\[(.+?)\]\((https?:.+?)\)/g, '<a>$1</a>')
    .replaceAll('\n', '<br>')
    .replaceAll(/\\(.)/g, '$1');

function htmlOf(component: Json, message: DiscordMessage): string {
  switch (component.type) {
    case ComponentType.TextDisplay:
      return `<p>${marked(component.content)}</p>`;
    case ComponentType.Separator:
      return '<hr>';
    case ComponentType.ActionRow:
      return `<div class="row">${component.components.map((child: Json) => `<button class="s${child.style}">${escape(nameOf(child).slice(1, -1))}</button>`).join('')}</div>`;
    case ComponentType.MediaGallery:
      return `<div class="gallery n${component.items.length}">${component.items.map((item: Json) => imageOf(item, message)).join('')}</div>`;
    case ComponentType.Section:
    case ComponentType.Container: {
      const colour = (component.accent_color ?? 0x4e5058).toString(16).padStart(6, '0');
      const inner = component.components.map((child: Json) => htmlOf(child, message)).join('');
      return `<div class="box" style="border-color:#${colour}">${inner}</div>`;
    }
    default:
      return '';
  }
}

function imageOf(item: Json, message: DiscordMessage): string {
  const file = fileOf(item, message);
  if (file === undefined) return '<i>missing</i>';
  const base64 = Buffer.from(file.bytes).toString('base64');
  return `<img alt="${escape(String(item.description)).replaceAll('"', '&quot;')}" src="data:${file.contentType};base64,${base64}">`;
}

const STYLE =
  'body{background:#313338;color:#dbdee1;font:15px sans-serif;max-width:560px;padding:16px}' +
  'h2{font-size:13px;color:#949ba4;margin:24px 0 4px}.box{background:#2b2d31;border-left:4px solid;border-radius:8px;padding:10px 14px}' +
  'p{margin:6px 0}small{color:#949ba4}.row{display:flex;gap:8px;margin:8px 0}button{background:#4e5058;color:#fff;border:0;border-radius:6px;padding:8px 14px}' +
  '.s1{background:#5865f2}.s4{background:#da373c}.gallery{display:grid;gap:4px;grid-template-columns:1fr 1fr}.gallery.n1{grid-template-columns:1fr}img{width:100%;border-radius:6px;min-width:96px}hr{border:0;border-top:1px solid #3f4147}';

/** A page of named messages, the way they look at this moment. */
export function toPage(title: string, entries: readonly [string, DiscordMessage][]): string {
  const body = entries
    .map(([name, message]) => {
      const inner = message.isLoading
        ? '<p><i>Imagine is thinking…</i></p>'
        : message.components.map((component) => htmlOf(component, message)).join('');
      return `<h2>${escape(name)}</h2>${inner}`;
    })
    .join('');
  return `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style>${body}`;
}

/**
 * Block Kit's documented limits as schemas: what Slack refuses, the fake refuses.
 * https://docs.slack.dev/reference/block-kit/blocks and .../block-elements, .../composition-objects
 */
import * as z from 'zod';

const text = (max: number) => z.string().min(1).max(max);
const plainText = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(max), emoji: z.boolean().optional() });
const markdownText = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: text(max), verbatim: z.boolean().optional() });
const anyText = (max: number) => z.discriminatedUnion('type', [plainText(max), markdownText(max)]);

const blockId = z.string().max(255).optional();
const actionId = z.string().min(1).max(255);

/** Exactly one of the two ways to name the file. */
const slackFile = z.union([
  z.strictObject({ id: z.string().min(1) }),
  z.strictObject({ url: z.url().max(3_000) }),
]);

const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: actionId,
  value: z.string().max(2_000).optional(),
  url: z.url().max(3_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
});

const option = z.strictObject({
  text: plainText(75),
  value: z.string().min(1).max(150),
  description: plainText(75).optional(),
});

const staticSelect = z
  .strictObject({
    type: z.literal('static_select'),
    action_id: actionId,
    placeholder: plainText(150).optional(),
    options: z.array(option).min(1).max(100),
    initial_option: option.optional(),
  })
  .refine(
    ({ options, initial_option: initial }) =>
      initial === undefined || options.some(({ value }) => value === initial.value),
    'initial_option must be one of the options',
  );

const checkboxes = z.strictObject({
  type: z.literal('checkboxes'),
  action_id: actionId,
  options: z.array(option).min(1).max(10),
  initial_options: z.array(option).min(1).optional(),
});

const textInput = z.strictObject({
  type: z.literal('plain_text_input'),
  action_id: actionId,
  multiline: z.boolean().optional(),
  initial_value: z.string().max(3_000).optional(),
  placeholder: plainText(150).optional(),
  max_length: z.int().min(1).max(3_000).optional(),
});

const numberInput = z.strictObject({
  type: z.literal('number_input'),
  action_id: actionId,
  is_decimal_allowed: z.boolean(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
  initial_value: z.string().optional(),
});

const fileInput = z.strictObject({
  type: z.literal('file_input'),
  action_id: actionId,
  filetypes: z.array(z.string()).optional(),
  max_files: z.int().min(1).max(10).optional(),
});

const imageParts = {
  alt_text: text(2_000),
  slack_file: slackFile.optional(),
  image_url: z.url().max(3_000).optional(),
};

const section = z.strictObject({
  type: z.literal('section'),
  block_id: blockId,
  text: anyText(3_000).optional(),
  fields: z.array(anyText(2_000)).min(1).max(10).optional(),
  accessory: z.discriminatedUnion('type', [button, staticSelect]).optional(),
});

const image = z
  .strictObject({
    type: z.literal('image'),
    block_id: blockId,
    title: plainText(2_000).optional(),
    ...imageParts,
  })
  .refine(
    (block) => (block.slack_file === undefined) !== (block.image_url === undefined),
    'an image has either slack_file or image_url',
  );

const context = z.strictObject({
  type: z.literal('context'),
  block_id: blockId,
  elements: z
    .array(z.union([anyText(2_000), z.strictObject({ type: z.literal('image'), ...imageParts })]))
    .min(1)
    .max(10),
});

const actions = z
  .strictObject({
    type: z.literal('actions'),
    block_id: blockId,
    elements: z
      .array(z.discriminatedUnion('type', [button, staticSelect]))
      .min(1)
      .max(25),
  })
  .refine(
    ({ elements }) => new Set(elements.map((part) => part.action_id)).size === elements.length,
    'an action_id may stand only once in a block',
  );

const input = z.strictObject({
  type: z.literal('input'),
  block_id: blockId,
  label: plainText(2_000),
  hint: plainText(2_000).optional(),
  optional: z.boolean().optional(),
  element: z.discriminatedUnion('type', [
    textInput,
    numberInput,
    fileInput,
    staticSelect,
    checkboxes,
  ]),
});

/** Words with a look of their own; nothing in them is read as markup. */
const richText = z.strictObject({
  type: z.literal('rich_text'),
  block_id: blockId,
  elements: z
    .array(
      z.strictObject({
        type: z.literal('rich_text_section'),
        elements: z
          .array(
            z.strictObject({
              type: z.literal('text'),
              text: text(4_000),
              style: z
                .partialRecord(z.enum(['bold', 'italic', 'strike', 'code']), z.boolean())
                .optional(),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
});

const block = z.discriminatedUnion('type', [
  richText,
  section,
  image,
  context,
  actions,
  input,
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
  z.strictObject({ type: z.literal('header'), block_id: blockId, text: plainText(150) }),
]);
export type Block = z.infer<typeof block>;

const uniqueBlockIds = (blocks: readonly Block[]): boolean => {
  const ids = blocks.flatMap(({ block_id: id }) => (id === undefined ? [] : [id]));
  return new Set(ids).size === ids.length;
};

export const messageBlocksSchema = z
  .array(block)
  .max(50)
  .refine(uniqueBlockIds, 'block_id must be unique in a message')
  .refine((blocks) => blocks.every(({ type }) => type !== 'input'), 'a message takes no input');

const viewBlocks = z
  .array(block)
  .min(1)
  .max(100)
  .refine(uniqueBlockIds, 'block_id must be unique in a view');
const viewParts = {
  blocks: viewBlocks,
  private_metadata: z.string().max(3_000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
};

export const modalSchema = z
  .strictObject({
    type: z.literal('modal'),
    title: plainText(24),
    submit: plainText(24).optional(),
    close: plainText(24).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    ...viewParts,
  })
  .refine(
    (view) => view.submit !== undefined || view.blocks.every(({ type }) => type !== 'input'),
    'a modal with inputs needs a submit button',
  );

export const homeSchema = z.strictObject({ type: z.literal('home'), ...viewParts });

export const VIEW_BYTES_MAX = 250 * 1_024;
/**
 * The undocumented sum of slackapi/bolt-js#2509, as far as its reports tell: about 13,000 characters of text in all.
 */
export const MESSAGE_BLOCK_CHARACTERS_MAX = 13_200;

/** All texts that a person would read, together. */
export function countCharacters(value: unknown): number {
  if (Array.isArray(value))
    return value.reduce<number>((sum, part) => sum + countCharacters(part), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, part]) => {
    const own = key === 'text' && typeof part === 'string' ? part.length : 0;
    return sum + own + countCharacters(part);
  }, 0);
}

/** Reading the reference's JSON: numbers that JSON cannot write stand there as text. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';

/** A number, or the text for one that JSON lacks. */
export const numberSchema = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number),
]);
export const numbersSchema = z.array(numberSchema);

/** Throws an Error that names the file and the first key that is not as expected. */
export async function readReference<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not readable'}`);
}

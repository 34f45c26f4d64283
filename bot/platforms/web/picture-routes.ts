/** Pictures over HTTP: files, archives, the gallery, and files that a person brings. */
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { describeIssue } from '#contract/describe-issue.ts';
import { LIMITS } from '#contract/limits.ts';
import { sniffMediaType } from '../../core/media-type.ts';
import { formatPictureId } from '../../core/picture-id.ts';
import type { ImagineService } from '../../core/service.ts';
import { answer, refuse } from './answer.ts';
import { PLACE, USER } from './local-person.ts';
import { galleryQuerySchema, pictureAddressSchema, uploadQuerySchema } from './parse.ts';
import { toPictureName, toWebCard, type WebGallery, type WebKept } from './render.ts';
import { toZipArchive, type ArchiveFile } from './zip-archive.ts';

const IMMUTABLE = 'private, max-age=31536000, immutable';

export function addPictureRoutes(app: Hono, service: ImagineService): void {
  addFileRoutes(app, service);
  addUploadRoute(app, service);
  app.get('/api/gallery', async (context) => {
    const asked = context.req.query();
    const query = galleryQuerySchema.safeParse(asked);
    if (!query.success) return refuse(context, 400, describeIssue(query.error, asked));
    const page = await service.gallery({ user: USER, place: PLACE, ...query.data });
    return context.json({
      cards: page.entries.map(({ record, card }) => toWebCard(record, card)),
      nextCursor: page.nextCursor,
    } satisfies WebGallery);
  });
}

function addFileRoutes(app: Hono, service: ImagineService): void {
  const parse = (context: Context, file: string) =>
    pictureAddressSchema.safeParse({
      jobId: context.req.param('jobId'),
      index: file,
      name: context.req.query('name'),
      seeds: context.req.query('seeds'),
    });

  app.get('/images/:jobId/all.zip', async (context) => {
    const address = parse(context, '0');
    if (!address.success) return refuse(context, 404, 'There are no pictures at this address.');
    const { jobId, name = 'pictures', seeds } = address.data;
    const pictures: ArchiveFile[] = [];
    for (let index = 0; index < 100; index += 1) {
      const png = await service.image(jobId, index);
      if (png === undefined) break;
      pictures.push({ name: `${toPictureName(name, seeds?.[index], index)}.png`, bytes: png });
    }
    if (pictures.length === 0)
      return refuse(context, 404, 'There are no pictures at this address.');
    context.header('content-disposition', toAttachment(`${name}.zip`));
    return context.body(toZipArchive(pictures), 200, { 'content-type': 'application/zip' });
  });

  app.get('/images/:jobId/:file{[0-9]{1,2}\\.png}', async (context) => {
    const address = parse(context, context.req.param('file').slice(0, -'.png'.length));
    if (!address.success) return refuse(context, 404, 'There is no picture at this address.');
    const { jobId, index, name } = address.data;
    const png = await service.image(jobId, index);
    if (png === undefined) {
      return refuse(
        context,
        404,
        'This picture is not there any more; its job may have been deleted.',
      );
    }
    // Moving pictures and files that people attached lie beside the PNG files.
    const mediaType = sniffMediaType(png) ?? 'image/png';
    const ending = mediaType.replace('image/', '');
    if (name !== undefined) {
      context.header('content-disposition', toAttachment(`${name}.${ending}`));
    }
    context.header('cache-control', IMMUTABLE);
    return context.body(new Uint8Array(png), 200, { 'content-type': mediaType });
  });
}

/** RFC 6266: a plain name for old programs and the true one in UTF-8. */
function toAttachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
}

/**
 * A file as the body: kept to start from, or used at once. Its type cannot be sent by a form of another site without
 * asking first.
 */
function addUploadRoute(app: Hono, service: ImagineService): void {
  const limit = bodyLimit({
    maxSize: LIMITS.imageBytes,
    onError: (context) =>
      refuse(
        context,
        413,
        `The file is larger than ${LIMITS.imageBytes / 1024 / 1024} MiB; choose a smaller one.`,
      ),
  });
  app.post('/api/pictures', limit, async (context) => {
    const mediaType = context.req.header('content-type') ?? '';
    if (!/^(image\/[a-z0-9.+-]+|application\/octet-stream)$/i.test(mediaType)) {
      return refuse(context, 415, 'The body must be a picture, with its content type.');
    }
    const asked = context.req.query();
    const query = uploadQuerySchema.safeParse(asked);
    if (!query.success) return refuse(context, 400, describeIssue(query.error, asked));
    const { use, role, name, deliveryId } = query.data;
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const file = { role, name, mediaType, bytes };
    if (use !== 'keep') {
      const message = { user: USER, place: PLACE, action: use, picture: file, deliveryId };
      return answer(context, await service.picture(message));
    }
    const kept = await service.keep(file, { user: USER, place: PLACE });
    if (kept.kind === 'refused') return refuse(context, 422, kept.message);
    const { jobId, index } = kept.picture;
    return context.json({
      id: formatPictureId(kept.picture),
      url: `/images/${jobId}/${index}.png`,
    } satisfies WebKept);
  });
}

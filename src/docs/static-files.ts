import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { etagOf, isKnown } from '../http/request/etag.js';

/** Seconds for which browsers cache a file without revalidation. */
const MAX_AGE = 3600;

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
};

/** Reads a file of this folder; the build copies them to dist (nest-cli.json). */
export function ownFile(name: string): Promise<Buffer> {
  return readFile(new URL(`./pages/${name}`, import.meta.url));
}

/** Reads a file of an npm package. */
export function packagedFile(specifier: string): Promise<Buffer> {
  return readFile(new URL(import.meta.resolve(specifier)));
}

/** Serves a file that changes only with a new version of Astra, with an ETag. */
export function serveFile(server: FastifyInstance, url: string, body: Buffer): void {
  const etag = etagOf(body);
  const type = MEDIA_TYPES[extname(url)];
  server.get(url, (request, reply) => {
    reply.headers({ 'Cache-Control': `public, max-age=${MAX_AGE}`, ETag: etag });
    if (isKnown(etag, request.headers['if-none-match'])) return reply.code(304).send();
    return reply.type(type).send(body);
  });
}

import { createHash } from 'node:crypto';
import { HttpStatus, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** How an answer may be kept by whoever gets it. */
export interface Caching {
  /** Seconds for which it may be used without asking again. */
  maxAge: number;
  /** The request's `If-None-Match`. */
  known: string | undefined;
  /** What the ETag is made from, where it is not the whole answer. */
  content?: object;
}

/** Public answers that others may keep for a while, with an ETag to ask by whether they have changed (RFC 9110, 13.1.2). */
@Injectable()
export class CacheableAnswers {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** @returns the answer; `undefined` if the client has it already, which is 304 then. */
  of<T extends object>(
    answer: T,
    response: object,
    { maxAge, known, content = answer }: Caching,
  ): T | undefined {
    const { httpAdapter } = this.adapterHost;
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    const etag = `"${hash.slice(0, 22)}"`;
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', `public, max-age=${maxAge}`);
    // A proxy that compresses makes the ETag a weak one.
    const isKnown = known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
    if (!isKnown) return answer;
    httpAdapter.status(response, HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}

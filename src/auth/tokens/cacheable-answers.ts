import { HttpStatus, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { etagOf, isKnown } from '../../http/request/etag.js';

/** Options for a cacheable response. */
export interface Caching {
  /** Seconds for which the response may be used without revalidation. */
  maxAge: number;
  /** `If-None-Match` of the request. */
  known: string | undefined;
  /** Content that the ETag is computed from. Default: the whole response. */
  content?: object;
}

/** Makes responses publicly cacheable, with an ETag for revalidation (RFC 9110, 13.1.2). */
@Injectable()
export class CacheableAnswers {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /**
   * Sets the caching headers of a response.
   *
   * @returns the body; `undefined`, with status 304, if the client already has it.
   */
  of<T extends object>(
    answer: T,
    response: object,
    { maxAge, known, content = answer }: Caching,
  ): T | undefined {
    const { httpAdapter } = this.adapterHost;
    const etag = etagOf(JSON.stringify(content));
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', `public, max-age=${maxAge}`);
    if (!isKnown(etag, known)) return answer;
    httpAdapter.status(response, HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}

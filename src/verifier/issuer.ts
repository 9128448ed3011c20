/** Time limit of a request to the issuer in ms, until the last byte of its response. */
const REQUEST_TIMEOUT = 2_000;
/** Maximum size of a decompressed response in bytes; reading stops beyond it. */
const MAX_BYTES = 256 * 1024;

/** Response that came in time, with status 200 and JSON. */
export interface IssuerAnswer {
  body: unknown;
  etag: string | null;
  /** Seconds from `Cache-Control`; `undefined` if not stated. */
  maxAge: number | undefined;
}

/** The issuer did not respond in time, or not with what was requested. The message gives a short reason. */
export class NotHeardError extends Error {}

/** HTTP client for the service that issues access tokens. Responses are untrusted until they are validated. */
export class Issuer {
  private readonly url: string;

  /**
   * @param url - With or without a trailing slash.
   * @throws {RangeError} unless it is `https://`, or `http://` to this machine.
   */
  constructor(
    url: string,
    private readonly stopping: AbortSignal,
    { allowHttp = false } = {},
  ) {
    this.url = checkedUrl(url, allowHttp);
  }

  /**
   * Requests a path.
   *
   * @param known - ETag of the known response. Default: none.
   * @returns `'unchanged'` if the known response is still current.
   * @throws {NotHeardError} if there is no usable response.
   */
  async get(path: string, known: string | null = null): Promise<IssuerAnswer | 'unchanged'> {
    const signal = AbortSignal.any([this.stopping, AbortSignal.timeout(REQUEST_TIMEOUT)]);
    const headers = {
      accept: 'application/json',
      // Bypasses caches, whose response may contain a key that was removed since.
      'cache-control': 'no-cache',
      ...(known !== null && { 'if-none-match': known }),
    };
    try {
      const response = await fetch(this.url + path, { headers, signal, redirect: 'manual' });
      if (response.status === 304 && known !== null) return 'unchanged';
      const problem = problemOf(response);
      if (problem) {
        await response.body?.cancel();
        throw new NotHeardError(problem);
      }
      const body: unknown = JSON.parse(await readText(response));
      return { body, etag: response.headers.get('etag'), maxAge: maxAgeOf(response) };
    } catch (error) {
      if (error instanceof NotHeardError) throw error;
      throw new NotHeardError(reasonOf(error), { cause: error });
    }
  }
}

/** Validates the URL of the issuer, and removes trailing slashes. */
function checkedUrl(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new RangeError('url must be an http(s) URL without user, query and fragment');
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLocal && !allowHttp)
    throw new RangeError(
      'url must begin with https://: anyone on the network path of http:// could issue tokens. Set allowHttp: true to permit it',
    );
  return url.href.replace(/\/+$/, '');
}

/** Returns the reason why a response cannot be used; `undefined` if it can. */
function problemOf(response: Response): string | undefined {
  const { status, headers } = response;
  if (status !== 200) return `it responded with status ${status}`;
  const type = headers.get('content-type') ?? '';
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) return 'its response is not JSON';
  if (Number(headers.get('content-length') ?? 0) > MAX_BYTES) return 'its response is too long';
  return undefined;
}

/** Reads a body up to the maximum size, regardless of its header. */
async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new NotHeardError('its response is too long');
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

function maxAgeOf({ headers }: Response): number | undefined {
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers.get('cache-control') ?? '');
  return maxAge ? Number(maxAge[1]) : undefined;
}

/** Returns a short reason for a failed request, without details of the network. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'its response is not JSON';
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'it did not respond in time';
  return 'it could not be reached';
}

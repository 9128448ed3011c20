import { AstraClient, isProblem, memoryStorage, type Route } from '../../src/client/index.js';

declare global {
  /** Set by jest.hosts.config.js: requests of specs go through the client where they can. */
  var astraClient: true | undefined;
}

/** Request of a spec. */
interface SpecRequest {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

/** Whether a front end could send this request with the client: JSON, without header fields of its own. */
export function suitsClient(path: string, { body, token, headers }: SpecRequest): boolean {
  const isJson = body === undefined || (typeof body === 'object' && body !== null && !isForm(body));
  // The client sends no token to public routes.
  const isAlike = !token || !/^\/auth\/(?!logout)/.test(path);
  return globalThis.astraClient === true && !path.startsWith('//') && isJson && isAlike && !headers;
}

/**
 * Sends a request through the client, as the user of the token.
 *
 * @param url - Base URL of the API.
 * @returns the response of the service, after it was compared with what the client makes of it.
 */
export async function throughClient(
  url: string,
  method: string,
  path: string,
  { body, token }: SpecRequest,
): Promise<Response> {
  const storage = memoryStorage();
  // A refused token would be refreshed, which this one cannot be.
  if (token) storage.set({ access_token: token, refresh_token: 'none', renew_at: Infinity });
  let seen: Response | undefined;
  const client = new AstraClient({
    ...{ url, storage },
    fetch: async (request) => {
      const response = await fetch(request, { redirect: 'manual' });
      const isOwn = request.url === new URL(`.${path}`, `${url}/`).href;
      if (isOwn) seen = response.clone();
      return response;
    },
  });
  let told: unknown;
  try {
    told = await client.call(`${method} ${path}` as Route, { body });
  } catch (error) {
    if (!isProblem(error)) throw error;
    told = error.problem;
  }
  if (!seen) throw new Error('The client has not sent the request.');
  const text = await seen.clone().text();
  expect(told).toEqual(text ? JSON.parse(text) : undefined);
  return seen;
}

function isForm(body: object): boolean {
  return body instanceof URLSearchParams;
}

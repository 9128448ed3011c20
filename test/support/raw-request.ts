import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Answer } from './test-service.js';

/**
 * Sends bytes as they are on a connection of its own, for what `fetch` would not send.
 *
 * @param request - `Connection: close` in it lets the server end the connection after its answer.
 */
export async function rawRequest(origin: string, request: string): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(request, 'latin1');
  const received = await text(socket);
  const [head, ...rest] = received.split('\r\n\r\n');
  const [statusLine, ...fields] = head.split('\r\n');
  const headers = new Headers(fields.map((field) => field.split(/: */, 2) as [string, string]));
  const body = rest.join('\r\n\r\n');
  const isJson = /json/.test(headers.get('content-type') ?? '');
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: isJson && body ? JSON.parse(body) : body,
  };
}

// An endpoint for the webhooks of nestjs-astra (Standard Webhooks 1.0.0), with nothing but Node.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { WEBHOOK_SECRET = '', HOST = '127.0.0.1', PORT = '8080' } = process.env;
if (!WEBHOOK_SECRET.startsWith('whsec_')) throw new Error('Set WEBHOOK_SECRET to the secret of the webhook.');
const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');

/** Seconds by which the time of a request may differ from ours, so that a recorded one cannot be sent again later. */
const TOLERANCE = 300;
/** Bytes of the largest request. Events have at most a few kilobytes. */
const MAX_BYTES = 64 * 1024;

/** Ids of the events that were processed. Keep them in your database, in the transaction of what an event changes. */
const seen = new Set();

/** Returns whether a request comes from the service: one of its signatures is right, and it is recent. */
function isGenuine(headers, body) {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= TOLERANCE)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // While a secret is being replaced, there are two signatures.
  return (headers['webhook-signature'] ?? '').split(' ').some((one) => {
    const [version, text = ''] = one.split(',');
    const given = Buffer.from(text, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** Reads a request as it is sent: the signature is that of its bytes. */
async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Processes a request, and returns the status of the response. */
async function receive(request) {
  const body = await read(request);
  if (body === null) return 413;
  if (!isGenuine(request.headers, body)) return 400;
  const id = request.headers['webhook-id'];
  if (!seen.has(id)) {
    seen.add(id);
    const { type, data } = JSON.parse(body.toString());
    console.log(`${type} ${JSON.stringify(data)}`);
  }
  // The same for an event that has been processed: it arrived.
  return 204;
}

const server = createServer((request, response) => {
  receive(request).then(
    (status) => response.writeHead(status).end(),
    () => response.destroy(),
  );
});
server.listen(Number(PORT), HOST, () => console.error(`Listening on http://${HOST}:${PORT}`));

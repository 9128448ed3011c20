import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Connection } from './test-database.js';

/** Proxy that drops notifications, like PgBouncer in transaction mode. */
export async function startDeafPooler(target: Connection): Promise<{ port: number; close(): Promise<void> }> {
  const NOTIFICATION = 'A'.charCodeAt(0);
  const server = createServer((client) => {
    const upstream = connect(target);
    client.pipe(upstream);
    let rest: Buffer = Buffer.alloc(0);
    upstream.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      // A letter, four bytes of length that count themselves, and the rest (PostgreSQL manual, 54.7).
      for (
        let end;
        rest.length >= 5 && rest.length >= (end = 1 + rest.readInt32BE(1));
        rest = rest.subarray(end)
      )
        if (rest[0] !== NOTIFICATION) client.write(rest.subarray(0, end));
    });
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('error', () => undefined).on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
}

import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { load, type Traffic } from '../load.js';
import { post, signIn, type Stage } from '../stage.js';
import { COLLECT, heapOf, megabytes } from './heap.js';
import { AS_SHIPPED, conclude, type Order } from './order.js';
import { pickSessions, seedSessions } from './seeded-sessions.js';

/** Parts of all sessions after which the memory is measured. */
const PARTS = [0, 0.1, 0.5, 1];
const PERSON = { username: 'person', password: 'Analytical1' };

/**
 * Measures the memory that remembered sessions take, in a service that remembers more and more of them.
 *
 * @param many - Number of sessions.
 * @returns a table in Markdown, which is also written to `remembered.md` in the folder.
 */
export async function measureRemembered(stage: Stage, many: number, order: Order): Promise<string> {
  const { notice } = order;
  const url = await seedSessions(stage, { live: many, over: 0 });
  const server = await stage.startAstra([...AS_SHIPPED, ...COLLECT], {
    DATABASE_URL: url,
    LOG_LEVEL: 'warn',
    REMEMBERED_SESSIONS: '10000000',
  });
  await post(`${server.origin}/api/v1/auth/register`, { ...PERSON, email: 'person@example.com' });
  const { access_token } = await signIn(server, PERSON);
  const { header, payload } = jwt.decode(access_token, { complete: true }) as jwt.Jwt;
  const sessions = await pickSessions(stage, url, many);
  let next = 0;
  const traffic: Traffic = {
    method: 'GET',
    path: '/api/v1/users/me',
    next() {
      const { id: sid, user_id: sub } = sessions[next++ % sessions.length];
      const claims = { ...(payload as jwt.JwtPayload), sid, sub, jti: `0.${randomUUID()}` };
      return { headers: { authorization: `Bearer ${jwt.sign(claims, stage.secretKey, { header })}` } };
    },
  };

  const results: { sessions: number; heap: number; resident: number }[] = [];
  for (const part of PARTS) {
    while (next < part * sessions.length) await load(server.origin, traffic, 1);
    const heap = megabytes(await heapOf(stage, server));
    results.push({ sessions: next, heap, resident: megabytes(await server.memory()) });
    notice(`Remembered: ${next} sessions, ${heap.toFixed(1)} MB`);
  }
  const [empty] = results;
  const head = ['sessions remembered', 'heap in use', 'resident', 'of the heap, each'];
  const rows = results.map(({ sessions, heap, resident }) => [
    sessions.toLocaleString('en').replaceAll(',', ' '),
    `${heap.toFixed(0)} MB`,
    `${resident.toFixed(0)} MB`,
    sessions === 0 ? '' : `${(((heap - empty.heap) * 1024 * 1024) / sessions).toFixed(0)} B`,
  ]);
  return conclude(order, { name: 'remembered', of: 'One run', head, rows, results: { results } });
}

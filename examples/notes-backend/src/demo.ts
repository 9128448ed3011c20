// Demo without a database or settings: an embedded Postgres, and a user of each role. Everything is removed afterwards.
import { randomBytes } from 'node:crypto';
import { Role } from 'nestjs-astra';
import { asUser, AstraTestKit } from 'nestjs-astra/testing';
import { createApp } from './create-app.js';
import { dataSource } from './database.js';

const kit = await AstraTestKit.start({ dataSource });
const secretKey = randomBytes(32).toString('base64');
const app = await createApp(
  { databaseUrl: kit.databaseUrl, accounts: { secretKey, mail: { mailer: kit.mailbox } } },
  { logger: ['warn', 'error'] },
);
await app.listen(Number(process.env.PORT ?? 3000));

const origin = await app.getUrl();
console.log(
  `\nNotes at ${origin}/api/v2/notes, documentation at ${origin}/docs. Access tokens to try it with:\n`,
);
for (const role of Object.values(Role)) {
  const { accessToken } = await asUser(app, role, { username: `some-${role}` });
  console.log(`${role}:\n${accessToken}\n`);
}
console.log(`curl -H "Authorization: Bearer <token>" ${origin}/api/v2/notes/mine`);

const stop = () => void app.close().then(() => kit.stop());
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { asUser, AstraTestKit } from 'nestjs-astra/testing';
import { createApp, dataSource } from '../src/create-app.js';

let kit: AstraTestKit;
let app: INestApplication;
let origin: string;

before(async () => {
  kit = await AstraTestKit.start({ postgres: process.env.TEST_DATABASE_URL, dataSource });
  const accounts = { secretKey: 'a secret key for the tests of a host', mail: { mailer: kit.mailbox } };
  app = await createApp({ databaseUrl: kit.databaseUrl, accounts }, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  origin = await app.getUrl();
});
after(async () => {
  await app.close();
  await kit.stop();
});

it('greets who is signed in', async () => {
  const { headers } = await asUser(app, 'user', { username: 'ada' });
  assert.equal(await (await fetch(`${origin}/express/hello`, { headers })).text(), 'Hello, ada!');
  assert.equal((await fetch(`${origin}/express/hello`)).status, 401);
});

it('tells administrators only', async () => {
  const [user, admin] = [await asUser(app), await asUser(app, 'admin')];
  assert.equal((await fetch(`${origin}/express/hello/secret`, { headers: user.headers })).status, 403);
  assert.equal((await fetch(`${origin}/express/hello/secret`, { headers: admin.headers })).status, 200);
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { UsersService } from 'nestjs-astra';
import { asUser, AstraTestKit, type SignedInUser } from 'nestjs-astra/testing';
import { createApp } from '../src/create-app.js';
import { dataSource } from '../src/database.js';
import type { NoteDto } from '../src/notes/note.dto.js';

interface Answer<T> {
  status: number;
  body: T;
}

describe('notes', () => {
  let kit: AstraTestKit;
  let app: INestApplication;
  let origin: string;
  let user: SignedInUser;
  let moderator: SignedInUser;
  let admin: SignedInUser;

  async function ask<T = unknown>(route: string, who?: SignedInUser, body?: object): Promise<Answer<T>> {
    const [method, path] = route.split(' ');
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...who?.headers, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T };
  }
  const write = (who: SignedInUser, text: string) => ask<NoteDto>('POST /api/v2/notes', who, { text });
  const textsOf = async (route: string, who?: SignedInUser) =>
    (await ask<NoteDto[]>(route, who)).body.map(({ text }) => text);

  before(async () => {
    kit = await AstraTestKit.start({ postgres: process.env.TEST_DATABASE_URL, dataSource });
    app = await createApp(
      {
        databaseUrl: kit.databaseUrl,
        accounts: { secretKey: 'a secret key for the tests of the notes', mail: { mailer: kit.mailbox } },
      },
      { logger: ['error'] },
    );
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
    user = await asUser(app, 'user', { username: 'ada' });
    moderator = await asUser(app, 'moderator');
    admin = await asUser(app, 'admin');
  });
  after(async () => {
    await app.close();
    await kit.stop();
  });

  it('begin with a welcome, which only its reader sees', async () => {
    assert.deepEqual(await textsOf('GET /api/v2/notes/mine', user), ['Welcome, ada!']);
    assert.deepEqual(await textsOf('GET /api/v2/notes'), []);
  });

  it('are written by who is signed in, and checked by our own rules', async () => {
    const { status, body } = await write(user, 'Buy milk');
    assert.equal(status, 201);
    assert.deepEqual(body, { id: body.id, text: 'Buy milk', author: 'ada', hidden: false });
    assert.equal((await write(user, '')).status, 400);
    assert.equal((await ask('POST /api/v2/notes', undefined, { text: 'x' })).status, 401);
  });

  it('are hidden by moderators, and purged by administrators', async () => {
    const { id } = (await write(user, 'Buy cheap milk here')).body;
    assert.equal((await ask(`POST /api/v2/notes/${id}/hide`, user)).status, 403);
    assert.equal((await ask(`POST /api/v2/notes/${id}/hide`, moderator)).status, 204);
    assert.ok(!(await textsOf('GET /api/v2/notes')).includes('Buy cheap milk here'));

    assert.equal((await ask('DELETE /api/v2/notes/hidden', moderator)).status, 403);
    const { body } = await ask<{ purged: number }>('DELETE /api/v2/notes/hidden', admin);
    assert.equal(body.purged, 4); // with the three welcomes
  });

  it('are hidden when their owner is deactivated, who is signed out at once', async () => {
    const mallory = await asUser(app);
    await write(mallory, 'Spam');
    await app.get(UsersService, { strict: false }).update(mallory.id, { isActive: false });
    assert.ok(!(await textsOf('GET /api/v2/notes')).includes('Spam'));
    assert.equal((await ask('GET /api/v2/notes/mine', mallory)).status, 401);
  });

  it('are there for who registers, verifies the address, and comes back after months', async () => {
    const account = { username: 'grace', email: 'grace@example.com', password: 'Analytical1' };
    assert.equal((await ask('POST /api/v2/auth/register', undefined, account)).status, 201);
    const { token } = await kit.mailbox.latest(account.email);
    assert.equal((await ask('POST /api/v2/auth/verify-email', undefined, { token })).status, 200);

    const { username, password } = account;
    const login = await ask<{ access_token: string }>('POST /api/v2/auth/login', undefined, {
      username,
      password,
    });
    const grace = { headers: { authorization: `Bearer ${login.body.access_token}` } } as SignedInUser;
    assert.deepEqual(await textsOf('GET /api/v2/notes/mine', grace), ['Welcome, grace!']);

    await kit.clock.advance(90 * 24 * 60 * 60);
    assert.equal((await ask('GET /api/v2/notes/mine', grace)).status, 401);
    const again = await ask('POST /api/v2/auth/login', undefined, { username, password });
    assert.equal(again.status, 200);
    await kit.clock.reset();
  });

  it("stand in one document with Astra's routes, and one Authorize for both", async () => {
    const { body } = await ask<{ paths: Record<string, Record<string, { security?: unknown }>> }>(
      'GET /docs-json',
    );
    assert.deepEqual(body.paths['/api/v2/notes'].post.security, [{ astra: [] }]);
    assert.ok(body.paths['/api/v2/auth/register']);
    assert.ok(body.paths['/api/v2/admin/users']);
  });
});

import { webhookTypeNames } from '../../src/webhooks/catalogue/webhook-types.js';
import { eventually } from '../support/eventually.js';
import { addApp } from '../support/factor-holder.js';
import { addPasskey, newHolder, type PasskeyHolder } from '../support/passkey-holder.js';
import { ProviderBrowser } from '../support/provider-browser.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import { WebhookAdmin } from '../support/webhook-admin.js';

let issuer: TestIssuer;
let hooks: WebhookAdmin;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  hooks = await WebhookAdmin.start({ auth: { providers: { acme: { ...CLIENT, issuer: issuer.url } } } });
});
beforeEach(() => hooks.clear());
afterAll(async () => {
  await hooks.stop();
  await issuer.stop();
});

/** That of the public URL. */
const ORIGIN = 'https://accounts.example';
const told = new Set<string>();

/** Has something done by a user, and returns the webhooks about this user, without the sign-ins before it. */
async function tellsOf(
  count: number,
  act: (person: PasskeyHolder) => Promise<unknown>,
): Promise<Map<string, Record<string, unknown>[]>> {
  const person = await newHolder(hooks.service, { origin: ORIGIN });
  await hooks.add({ types: ['session.*', 'factor.*', 'passkey.*', 'identity.*', 'api_key.*'] });
  await act(person);
  const events = await eventually(() => {
    expect(hooks.receiver.events).toHaveLength(count);
    return Promise.resolve(hooks.receiver.events);
  }, 20_000);
  const about = events.map(({ type, data: { user_id, ...data } }) => {
    expect([type, user_id]).toEqual([type, person.id]);
    told.add(type);
    return [type, data] as const;
  });
  return new Map(
    [...Map.groupBy(about, ([type]) => type)].map(([type, all]) => [type, all.map(([, data]) => data)]),
  );
}

const id = expect.stringMatching(/^[0-9a-f]{8}-/);

it('tells of sign-ins and sign-outs', async () => {
  const found = await tellsOf(3, async ({ username, access_token }) => {
    const { access_token: second } = await hooks.service.signIn({ username, password: 'Analytical1' });
    await hooks.service.post('/auth/logout', undefined, second);
    await hooks.service.post('/auth/logout', undefined, access_token);
  });
  expect(found.get('session.started')).toEqual([{ session_id: id, new_device: false }]);
  expect(found.get('session.ended')).toEqual(
    Array.from({ length: 2 }, () => ({ session_id: id, reason: 'logout' })),
  );
});

it('tells of authenticator apps', async () => {
  const found = await tellsOf(3, async ({ access_token }) => {
    await addApp(hooks.service, access_token);
    const [factor] = (await hooks.service.get('/users/me/factors', access_token)).body.items;
    expect((await hooks.service.delete(`/users/me/factors/${factor.id}`, access_token)).status).toBe(204);
  });
  // The first factor ends the session of the registration.
  expect(found.get('session.ended')).toHaveLength(1);
  expect(found.get('factor.added')).toEqual([{ type: 'totp' }]);
  expect(found.get('factor.removed')).toEqual([{ type: 'totp' }]);
});

it('tells of passkeys', async () => {
  let passkey_id = '';
  const found = await tellsOf(3, async (person) => {
    passkey_id = await addPasskey(hooks.service, person);
    const path = `/users/me/passkeys/${passkey_id}`;
    expect((await hooks.service.delete(path, person.access_token)).status).toBe(204);
  });
  expect(found.get('passkey.added')).toEqual([{ passkey_id }]);
  expect(found.get('passkey.removed')).toEqual([{ passkey_id }]);
});

it('tells of users of other providers, and not who they are there', async () => {
  issuer.user = { sub: 'somebody-there' };
  const found = await tellsOf(2, async ({ access_token }) => {
    await new ProviderBrowser(hooks.service).walk('acme', {
      ...{ linkAs: access_token, redirectTo: `${ORIGIN}/signed-in` },
    });
    const [identity] = (await hooks.service.get('/users/me/identities', access_token)).body.items;
    const path = `/users/me/identities/${identity.id}`;
    expect((await hooks.service.delete(path, access_token)).status).toBe(204);
  });
  expect(found.get('identity.linked')).toEqual([{ provider: 'acme', identity_id: id }]);
  expect(found.get('identity.unlinked')).toEqual(found.get('identity.linked'));
  expect(JSON.stringify([...found])).not.toContain('somebody-there');
});

it('tells of API keys, and not what they are', async () => {
  let token = '';
  const found = await tellsOf(2, async ({ access_token }) => {
    const key = { name: 'Export', scopes: ['profile:read'] };
    const created = await hooks.service.post('/users/me/api-keys', key, access_token);
    token = created.body.token;
    await hooks.service.delete(`/users/me/api-keys/${created.body.id}`, access_token);
  });
  for (const type of ['api_key.created', 'api_key.revoked'])
    expect(found.get(type)).toEqual([expect.objectContaining({ api_key_id: id })]);
  expect(JSON.stringify([...found])).not.toContain(token);
});

it('has told of each type that is not about the account itself', () => {
  const others = webhookTypeNames.filter((name) => !/^(user\.|ping$)/.test(name));
  expect([...told].toSorted()).toEqual(others.toSorted());
});

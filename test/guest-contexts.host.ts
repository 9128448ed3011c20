import { once } from 'node:events';
import { WsAdapter } from '@nestjs/platform-ws';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { age } from './support/aged-session.js';
import { eventually } from './support/eventually.js';
import { GraphModule, LiveModule } from './support/guest-host.live.js';
import { GuestHost } from './support/guest-host.js';

const password = 'Analytical1';

/** What a gateway says: an event, and what goes with it. */
interface Message {
  event: string;
  data: any;
}

describe('in a host that has more than routes', () => {
  let host: GuestHost;
  let token: string;

  const login = async () => {
    const answer = await host.ask('POST /auth/login', { body: { username: 'ada', password } });
    return answer.body.access_token as string;
  };
  /** Somebody who signed in some seconds ago. */
  const someone = async (username: string, seconds: number) => {
    const { access_token } = await host.signUp(username);
    await age(host, (await host.ask('GET /users/me', { token: access_token })).body.id, seconds);
    return access_token;
  };
  const confirm = async (bearer: string) =>
    expect(
      (await host.ask('POST /users/me/reauthenticate', { body: { password }, token: bearer })).status,
    ).toBe(200);
  const logout = (spent: string) => host.ask('POST /auth/logout', { token: spent });

  beforeAll(async () => {
    host = await GuestHost.start('fastify', {
      imports: [GraphModule, LiveModule],
      sockets: (app) => new WsAdapter(app),
    });
    token = (await host.signUp('ada')).access_token;
  });
  afterAll(() => host.stop());

  describe('a GraphQL resolver', () => {
    const ask = async (query: string, bearer?: string) => {
      const { body } = await host.ask('POST //graphql', { body: { query }, token: bearer });
      return (body.errors?.[0].message as string | undefined) ?? body.data;
    };

    it('is guarded, and knows who is signed in', async () => {
      expect(await ask('{ me }', token)).toEqual({ me: 'ada' });
      expect(await ask('{ me greeting }', token)).toEqual({ me: 'ada', greeting: 'Hello, ada' });
      expect(await ask('{ me }')).toBe('Not authenticated');
      expect(await ask('{ me }', 'for.ged.token')).toBe('Invalid or expired token');
    });

    it('may be open to all, and refuses a token that is not good even so', async () => {
      expect(await ask('{ greeting }')).toEqual({ greeting: 'Hello, stranger' });
      expect(await ask('{ greeting }', 'for.ged.token')).toBe('Invalid or expired token');
      expect(await ask('{ greeting }', `${token} x`)).toBe('Invalid or expired token');
    });

    it('asks for a role', async () => {
      expect(await ask('{ salary }', token)).toBe('Operation requires one of the following roles: editor');
      expect(await ask('{ salary }')).toBe('Not authenticated');
    });

    it('asks for a recent sign-in', async () => {
      const bearer = await someone('saver', 61);
      expect(await ask('{ savings }', bearer)).toBe('Confirm your identity first');
      expect(await ask('{ me }', bearer)).toEqual({ me: 'saver' });
      await confirm(bearer);
      expect(await ask('{ savings }', bearer)).toEqual({ savings: 100 });
      expect(await ask('{ savings }')).toBe('Not authenticated');
    });

    it('lets nobody in whose session has ended', async () => {
      const spent = await login();
      expect(await ask('{ me }', spent)).toEqual({ me: 'ada' });
      await logout(spent);
      expect(await ask('{ me }', spent)).toBe('Invalid or expired token');
    });
  });

  describe('a gateway', () => {
    const open: WebSocket[] = [];

    /** A connection, and what it was told so far. */
    async function connect(bearer?: string): Promise<{ socket: WebSocket; told: Message[] }> {
      const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
      const socket = new WebSocket(`${host.origin.replace('http', 'ws')}/live`, { headers });
      const told: Message[] = [];
      socket.on('message', (data) => told.push(JSON.parse((data as Buffer).toString()) as Message));
      open.push(socket);
      await once(socket, 'open');
      return { socket, told };
    }

    /** Sends a message, and waits for what comes back. */
    async function say(
      { socket, told }: Awaited<ReturnType<typeof connect>>,
      event: string,
      data?: unknown,
    ): Promise<Message> {
      const before = told.length;
      socket.send(JSON.stringify({ event, data }));
      return eventually(async () => {
        expect(told.length).toBeGreaterThan(before);
        return told[before];
      });
    }

    const refusal = (code: string, status: number, detail: string) => ({
      event: 'exception',
      data: expect.objectContaining({ type: `/problems/${code}`, status, detail }),
    });

    afterAll(() => {
      for (const socket of open) socket.terminate();
    });

    it('lets in who was signed in by the handshake', async () => {
      const ada = await connect(token);
      expect(await say(ada, 'whoami')).toEqual({ event: 'whoami', data: 'ada' });
      expect(await say(ada, 'bill')).toEqual(
        refusal('insufficient-permission', 403, 'Operation requires the permission: invoice:write'),
      );
    });

    it('asks for a recent sign-in, also of a connection that was let in before', async () => {
      const bearer = await someone('withdrawer', 0);
      const connection = await connect(bearer);
      expect(await say(connection, 'withdraw')).toEqual({ event: 'withdrawn', data: 100 });
      const { id } = (await host.ask('GET /users/me', { token: bearer })).body;
      await age(host, id, 301);
      await eventually(async () =>
        expect(await say(connection, 'withdraw')).toEqual(
          refusal('reauthentication-required', 401, 'Confirm your identity first'),
        ),
      );
      expect(await say(connection, 'close')).toEqual(
        refusal('reauthentication-required', 401, 'Confirm your identity with a second factor first'),
      );
      await confirm(bearer);
      expect(await say(connection, 'withdraw')).toEqual({ event: 'withdrawn', data: 100 });
    });

    it('lets in who is signed in by a message, and nobody before', async () => {
      const stranger = await connect();
      expect(await say(stranger, 'whoami')).toEqual(refusal('not-authenticated', 401, 'Not authenticated'));
      const signedIn = await say(stranger, 'sign-in', token);
      expect(signedIn).toEqual({ event: 'signed-in', data: expect.any(String) });
      expect(await say(stranger, 'whoami')).toEqual({ event: 'whoami', data: 'ada' });
    });

    it('closes a connection whose token is not good', async () => {
      const { socket } = await connect('for.ged.token');
      expect((await once(socket, 'close'))[0]).toBe(4401);
      const late = await connect();
      late.socket.send(JSON.stringify({ event: 'sign-in', data: 'for.ged.token' }));
      expect((await once(late.socket, 'close'))[0]).toBe(4401);
    });

    it('refuses messages from the moment that the session ends, and then closes the connection', async () => {
      const spent = await login();
      const ada = await connect(spent);
      expect(await say(ada, 'whoami')).toEqual({ event: 'whoami', data: 'ada' });
      const closed = once(ada.socket, 'close');
      await logout(spent);
      ada.socket.send(JSON.stringify({ event: 'whoami' }));
      expect((await closed)[0]).toBe(4401);
      const [, ...afterwards] = ada.told;
      expect(afterwards).toEqual(
        afterwards.map(() => refusal('invalid-token', 401, 'Invalid or expired token')),
      );
    });

    it('takes no token with something after it', async () => {
      const { socket } = await connect(`${await login()} x`);
      expect(await once(socket, 'close')).toEqual([4401, expect.anything()]);
    });

    it('leaves a connection open that has got a newer token', async () => {
      const [older, newer] = [await login(), await login()];
      const ada = await connect(older);
      await say(ada, 'sign-in', newer);
      const other = await connect(older);
      const closed = once(other.socket, 'close');
      await logout(older);
      await closed;
      expect(await say(ada, 'whoami')).toEqual({ event: 'whoami', data: 'ada' });
    });
  });

  it("a route of the host's own asks for a recent sign-in, in the words of the host", async () => {
    const bearer = await someone('payer', 301);
    const pay = () => host.ask('POST /invoices/payments', { token: bearer });
    const refused = await pay();
    expect(refused).toMatchObject({
      status: 401,
      body: { host: true, message: 'Confirm your identity first' },
    });
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", max_age="300"',
    );
    expect((await host.ask('POST /invoices/payments')).status).toBe(401);
    expect((await host.ask('POST /invoices/payments', { token: host.hostToken() })).status).toBe(401);
    await confirm(bearer);
    expect(await pay()).toMatchObject({ status: 201, body: { data: 'paid' } });
  });

  it('a gateway on Socket.IO is guarded as well', async () => {
    const other = await GuestHost.start('fastify', { imports: [LiveModule], on: host.database });
    const spent = await login();
    const socket = io(other.origin, {
      path: '/live',
      transports: ['websocket'],
      extraHeaders: { authorization: `Bearer ${spent}` },
    });
    try {
      const hear = (event: string) => new Promise((resolve) => void socket.once(event, resolve));
      const [who, refused, gone] = [hear('whoami'), hear('exception'), hear('disconnect')];
      socket.emit('whoami');
      expect(await who).toBe('ada');
      socket.emit('bill');
      expect(await refused).toMatchObject({ type: '/problems/insufficient-permission', status: 403 });
      await logout(spent);
      expect(await gone).toBe('io server disconnect');
    } finally {
      socket.disconnect();
      await other.stop();
    }
  });
});

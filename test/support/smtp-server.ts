import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { eventually } from './eventually.js';

/** Received message. */
export interface ReceivedMail extends Email {
  /** The envelope's, which decides where it goes. */
  recipients: string[];
  raw: string;
}

/** Where the server may fail. The recipient is known from `RCPT TO` on. */
export type SmtpCommand = 'CONNECT' | 'AUTH' | 'MAIL FROM' | 'RCPT TO' | 'DATA';

/**
 * What the server does: `hang` says nothing; `drop` closes the connection instead of answering, at `DATA` with the
 * whole message taken; a reply refuses.
 */
export type SmtpBehaviour = 'accept' | 'hang' | 'drop' | { code: number; text: string };

/** Real mail server that can be made to fail. */
export class TestSmtpServer {
  readonly received: ReceivedMail[] = [];
  /** Asked at each command. `about` is the recipient; at `AUTH` what the client sent, as by the method PLAIN. */
  behave: (command: SmtpCommand, about?: string) => SmtpBehaviour = () => 'accept';
  private server?: SMTPServer;

  private constructor(
    private port: number,
    private readonly startTls: boolean,
  ) {}

  /** @param options.startTls - Offer STARTTLS, with a certificate that nobody vouches for. Default no. */
  static async start({ startTls = false } = {}): Promise<TestSmtpServer> {
    const server = new TestSmtpServer(0, startTls);
    await server.resume();
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Listens, again on the same port. */
  async resume(): Promise<void> {
    this.server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: this.startTls ? [] : ['STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 10,
      logger: false,
      onConnect: (session, done) => this.answer('CONNECT', undefined, session, done),
      onAuth: ({ username, password }, session, done) => {
        const sent = Buffer.from(`\0${username}\0${password}`).toString('base64');
        this.answer('AUTH', sent, session, (error) => done(error, { user: username }));
      },
      onMailFrom: (_, session, done) => this.answer('MAIL FROM', undefined, session, done),
      onRcptTo: ({ address }, session, done) => this.answer('RCPT TO', address, session, done),
      onData: (stream, session, done) => void this.take(stream, session, done),
    });
    // A client that goes away in the middle is what some tests are about.
    this.server.on('error', () => undefined);
    const server = this.server.listen(this.port, '127.0.0.1');
    if (!server.listening) await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  /** Closes the port and all connections. */
  async stop(): Promise<void> {
    for (const { id } of this.connections()) this.drop(id);
    await new Promise<void>((resolve) => this.server?.close(() => resolve()));
  }

  /** Waits until so many messages have come in. */
  async waitFor(count: number, seconds = 10): Promise<ReceivedMail[]> {
    await eventually(async () => {
      if (this.received.length < count)
        throw new Error(`${this.received.length} of ${count} messages came in`);
    }, seconds * 1000);
    return this.received;
  }

  private answer(
    command: SmtpCommand,
    recipient: string | undefined,
    { id }: SMTPServerSession,
    done: (error?: Error) => void,
  ): void {
    this.behaveAs(this.behave(command, recipient), id, done);
  }

  private behaveAs(behaviour: SmtpBehaviour, sessionId: string, done: (error?: Error) => void): void {
    if (behaviour === 'accept') done();
    else if (behaviour === 'drop') this.drop(sessionId);
    else if (behaviour !== 'hang')
      done(Object.assign(new Error(behaviour.text), { responseCode: behaviour.code }));
  }

  private async take(
    stream: NodeJS.ReadableStream,
    session: SMTPServerSession,
    done: (error?: Error) => void,
  ): Promise<void> {
    const raw = await buffer(stream).catch(() => undefined);
    if (!raw) return;
    const recipients = session.envelope.rcptTo.map(({ address }) => address);
    const mail = { ...(await PostalMime.parse(raw)), recipients, raw: raw.toString() };
    const behaviour = this.behave('DATA', recipients[0]);
    if (behaviour === 'accept' || behaviour === 'drop') this.received.push(mail);
    this.behaveAs(behaviour, session.id, done);
  }

  private connections(): { id: string; _socket: { destroy(): void } }[] {
    return [...((this.server as unknown as { connections: Iterable<never> }).connections ?? [])];
  }

  private drop(id: string): void {
    for (const connection of this.connections()) if (connection.id === id) connection._socket.destroy();
  }
}

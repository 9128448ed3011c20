import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createTransport, type SendMailOptions } from 'nodemailer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { errorText } from '../problem/error-text.js';
import { isThisMachine } from '../problem/ip-address.js';
import { Mailer, type OutgoingMessage, UndeliverableError } from '../settings/mailer.js';

/**
 * Whether a message goes out only encrypted (`required`), or also in clear if the server offers no TLS
 * (`opportunistic`): who sits between can have it not offer any (RFC 3207, 6).
 */
export type SmtpTls = 'required' | 'opportunistic';

/** How a mail server is used. */
export interface SmtpOptions {
  /** Connections at once. Default 5. */
  connections?: number;
  /** How long the server may take to connect, to greet, to answer each command; in seconds. Default 10. */
  timeout?: number;
  /** Default `required`; but `opportunistic` for a server on this machine. A password goes to others only encrypted. */
  tls?: SmtpTls;
}

/** How often, in ms, a mail server that is away is tried. */
const PROBE_INTERVAL = 2_000;
/** After how long, in ms, a server that answers nothing counts as away, though it may still do so. */
const PATIENCE = 5_000;

/** What nodemailer tells of a failure. */
interface SmtpError extends Error {
  code?: string;
  /** In which the server failed or refused; `API` if it was not asked. */
  command?: string;
  /** The server's answer, if it gave one. */
  responseCode?: number;
  permanent?: boolean;
}

/**
 * Sends by SMTP (RFC 5321). Certificates are verified, and a password goes out only encrypted or on this machine.
 *
 * While the server is away or hangs, messages wait here and one connection at a time finds out when it is back.
 */
export class SmtpMailer extends Mailer {
  private readonly logger = new Logger(SmtpMailer.name);
  private readonly transport;
  private away = false;
  private closed = false;
  private check?: Promise<boolean>;
  /** Messages that the server was given, and is to answer. */
  private atHand = 0;
  /** Since when it owes an answer and has given none to anybody; of `performance.now()`. */
  private silentSince?: number;

  /** @param url - `smtps://user:password@host:465`, or `smtp://` for STARTTLS where the server has it. */
  constructor(url: string, { connections = 5, timeout = 10, tls }: SmtpOptions = {}) {
    super();
    this.transport = createTransport({
      ...connectionOptions(url, timeout, tls),
      pool: true,
      maxConnections: connections,
      // The queue tries again, and counts.
      maxRequeues: 0,
      idleTimeout: 30_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /**
   * Connects to a server as {@link SmtpMailer} does, signs in, and goes without a message.
   *
   * @param options - As for sending; `timeout` is for each step.
   * @returns whether TLS kept it from other eyes.
   * @throws {Error} if the server cannot be used.
   */
  static async probe(url: string, { timeout = 10, tls }: SmtpOptions): Promise<boolean> {
    const { auth, ...options } = connectionOptions(url, timeout, tls);
    const connection = new SMTPConnection(options);
    try {
      await new Promise<void>((resolve, reject) => {
        connection
          .once('error', reject)
          .once('end', () => reject(new Error('The server closed the connection')));
        connection.connect((refused) => {
          if (refused) reject(refused);
          else if (!auth) resolve();
          else connection.login(auth, (wrong) => (wrong ? reject(wrong) : resolve()));
        });
      });
      return connection.secure;
    } finally {
      connection.close();
    }
  }

  async send({ to, headers, ...message }: OutgoingMessage, signal: AbortSignal): Promise<void> {
    for (;;) {
      while (this.away) await sleep(200, undefined, { signal });
      const error = await this.ask({ ...message, to: { name: '', address: to }, headers: { ...headers } });
      if (!error) return this.hear();
      const reason = reasonOf(error);
      const isRefused = isRefusal(error);
      // If the server is there otherwise, the message may be the reason: the queue lets the others pass.
      const isThere = isRefused || !isServerTrouble(error) || (await this.answers());
      // One that lets us in, but then keeps silent about the message, delivers none.
      if (isThere && error.code !== 'ETIMEDOUT') this.hear();
      if (isRefused) throw new UndeliverableError(reason, { cause: error });
      if (isThere) throw new Error(reason, { cause: error });
      this.waitForServer(reason);
    }
  }

  override get isAway(): boolean {
    const isSilent = this.silentSince !== undefined && performance.now() - this.silentSince > PATIENCE;
    return this.away || isSilent;
  }

  override close(): void {
    this.closed = true;
    this.transport.close();
  }

  /** Gives the server a message. @returns what went wrong, if anything did. */
  private async ask(message: SendMailOptions): Promise<SmtpError | undefined> {
    this.atHand++;
    this.silentSince ??= performance.now();
    try {
      await this.transport.sendMail(message);
      return undefined;
    } catch (error) {
      return error as SmtpError;
    } finally {
      this.atHand--;
    }
  }

  /** The server has answered. What else it was given it may take as long for from now on. */
  private hear(): void {
    this.silentSince = this.atHand > 0 ? performance.now() : undefined;
  }

  /** Tells whether the server lets us in; asked by many at once, it is tried once. */
  private answers(): Promise<boolean> {
    this.check ??= this.transport
      .verify()
      .then(
        () => true,
        () => false,
      )
      .finally(() => (this.check = undefined));
    return this.check;
  }

  private waitForServer(reason: string): void {
    if (this.away) return;
    this.away = true;
    this.logger.warn(`The mail server is unavailable, so messages wait: ${reason}`);
    void (async () => {
      do await sleep(PROBE_INTERVAL, undefined, { ref: false });
      while (!this.closed && !(await this.answers()));
      this.away = false;
      this.hear();
      if (!this.closed) this.logger.log('The mail server is available again');
    })();
  }
}

/** A server that refuses the password may repeat it, in whatever form it was sent. */
function reasonOf(error: SmtpError): string {
  return error.command?.startsWith('AUTH')
    ? `it rejected the user or the password (${error.responseCode ?? error.code}). Check SMTP_URL.`
    : errorText(error);
}

/** Exported for its test: no server of a test is on another machine. */
export function connectionOptions(url: string, timeout: number, tls?: SmtpTls) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const isLocal = isThisMachine(hostname);
  const mustEncrypt = tls === undefined ? !isLocal : tls === 'required' || (username !== '' && !isLocal);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ? Number(port) : undefined,
    secure: protocol === 'smtps:',
    requireTLS: protocol === 'smtp:' && mustEncrypt,
    auth: username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : undefined,
    dnsTimeout: timeout * 1000,
    connectionTimeout: timeout * 1000,
    greetingTimeout: timeout * 1000,
    socketTimeout: timeout * 1000,
  };
}

/** The message, or its recipient, was refused for good; or it is none that could be sent. */
function isRefusal({ permanent, command, code }: SmtpError): boolean {
  if (command === 'API') return code === 'EENVELOPE' || code === 'EMESSAGE';
  // What else is refused, such as the sender or the password, is for the operator to mend.
  return permanent === true && (command === 'RCPT TO' || command === 'DATA');
}

/** The server gave no answer, or will have none for anybody. */
function isServerTrouble({ responseCode, command }: SmtpError): boolean {
  return !responseCode || responseCode === 421 || /^(CONN|EHLO|HELO|STARTTLS|AUTH)/.test(command ?? '');
}

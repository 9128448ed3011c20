import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { createTransport, type SendMailOptions } from 'nodemailer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { errorText } from '../http/problem/error-text.js';
import { isThisMachine } from '../http/request/ip-address.js';
import { Mailer, type OutgoingMessage, UndeliverableError } from '../settings/mail/mailer.js';
import { errorTypeOf, inSpan, markFailed } from '../spans/in-span.js';

/**
 * Whether messages are sent only encrypted (`required`), or also in clear text if the server offers no TLS
 * (`opportunistic`), which an attacker in between can cause (RFC 3207, 6).
 */
export type SmtpTls = 'required' | 'opportunistic';

/** Options of an {@link SmtpMailer}. */
export interface SmtpOptions {
  /** Maximum number of connections. Default 5. */
  connections?: number;
  /** Timeout in seconds for connecting, for the greeting and for each command. Default 10. */
  timeout?: number;
  /**
   * Default `required`, but `opportunistic` for a server on the same machine. A password is never sent in
   * clear text to another machine.
   */
  tls?: SmtpTls;
}

/** Interval at which an unavailable mail server is retried, in ms. */
const PROBE_INTERVAL = 2_000;
/** Time in ms after which a server that does not respond counts as down. */
const PATIENCE = 5_000;

/** Failure as reported by nodemailer. */
interface SmtpError extends Error {
  code?: string;
  /** Command that failed or was rejected; `API` if none was sent. */
  command?: string;
  /** Response of the server, if any. */
  responseCode?: number;
  permanent?: boolean;
}

/**
 * Sends messages over SMTP (RFC 5321). Certificates are verified, and a password is sent only encrypted or to
 * this machine.
 *
 * While the server is down or hangs, messages wait, and one connection at a time probes whether it is back.
 */
export class SmtpMailer extends Mailer {
  private readonly logger = new Logger(SmtpMailer.name);
  private readonly transport;
  private readonly span;
  private away = false;
  private closed = false;
  private check?: Promise<boolean>;
  /** Number of messages sent to the server without a response yet. */
  private atHand = 0;
  /** Start of the period in which no response arrived although one is due, from `performance.now()`. */
  private silentSince?: number;

  /** @param url - `smtps://user:password@host:465`, or `smtp://` for STARTTLS if the server supports it. */
  constructor(url: string, { connections = 5, timeout = 10, tls }: SmtpOptions = {}) {
    super();
    const server = connectionOptions(url, timeout, tls);
    this.span = {
      kind: SpanKind.CLIENT,
      attributes: {
        'network.protocol.name': 'smtp',
        'server.address': server.host,
        'server.port': server.port,
      },
    };
    this.transport = createTransport({
      ...server,
      pool: true,
      maxConnections: connections,
      // The queue retries and counts.
      maxRequeues: 0,
      idleTimeout: 30_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /**
   * Connects to a server like {@link SmtpMailer}, signs in, and disconnects without sending a message.
   *
   * @param options - As for sending; `timeout` is for each step.
   * @returns whether the connection was encrypted.
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

  /**
   * Sends a message. While the server is unavailable, it waits without counting as a failed attempt.
   *
   * @param signal - Ends the wait.
   * @throws {UndeliverableError} if the server rejects the message permanently.
   * @throws {Error} if another attempt may succeed.
   */
  async send({ to, headers, ...message }: OutgoingMessage, signal: AbortSignal): Promise<void> {
    for (;;) {
      while (this.away) await sleep(200, undefined, { signal });
      const error = await this.ask({ ...message, to: { name: '', address: to }, headers: { ...headers } });
      if (!error) return this.hear();
      const reason = reasonOf(error);
      const isRefused = isRefusal(error);
      // If the server is otherwise available, the message may be the cause, and must not hold up others.
      const isThere = isRefused || !isServerTrouble(error) || (await this.answers());
      // A server that accepts the connection but does not respond to the message does not count as available.
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

  /** Sends a message to the server. @returns the error, if any. */
  private async ask(message: SendMailOptions): Promise<SmtpError | undefined> {
    this.atHand++;
    this.silentSince ??= performance.now();
    try {
      return await inSpan('SMTP send', this.span, async (span) => {
        try {
          await this.transport.sendMail(message);
          return undefined;
        } catch (error) {
          const { responseCode } = error as SmtpError;
          markFailed(span, responseCode ? String(responseCode) : errorTypeOf(error));
          return error as SmtpError;
        }
      });
    } finally {
      this.atHand--;
    }
  }

  /** Records a response, which restarts the timeout for the remaining messages. */
  private hear(): void {
    this.silentSince = this.atHand > 0 ? performance.now() : undefined;
  }

  /** Returns whether the server accepts a connection; concurrent calls share one attempt. */
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

  /** Marks the server as unavailable, and probes it until it responds. */
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

/** A server that rejects the password may repeat it, in any encoding. */
function reasonOf(error: SmtpError): string {
  return error.command?.startsWith('AUTH')
    ? `it rejected the user or the password (${error.responseCode ?? error.code}). Check SMTP_URL.`
    : errorText(error);
}

/** Returns the connection options of nodemailer. Exported for tests, which have no server on another machine. */
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

/**
 * Returns whether the message or its recipient was rejected permanently, or the message cannot be sent at
 * all.
 */
function isRefusal({ permanent, command, code }: SmtpError): boolean {
  if (command === 'API') return code === 'EENVELOPE' || code === 'EMESSAGE';
  // Other rejections, such as of the sender or the password, must be fixed by the operator.
  return permanent === true && (command === 'RCPT TO' || command === 'DATA');
}

/** Returns whether the server did not respond, or rejects all messages. */
function isServerTrouble({ responseCode, command }: SmtpError): boolean {
  return !responseCode || responseCode === 421 || /^(CONN|EHLO|HELO|STARTTLS|AUTH)/.test(command ?? '');
}

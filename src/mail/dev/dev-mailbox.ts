import { Mailer, type OutgoingMessage } from '../../settings/mail/mailer.js';

/** Number of messages that are kept. */
const CAPACITY = 200;

/** Message with the time at which it was sent. */
export interface KeptMessage extends OutgoingMessage {
  readonly sentAt: Date;
}

/** Keeps the last 200 messages in memory for inspection, and optionally forwards them. */
export class DevMailbox extends Mailer {
  private readonly kept: KeptMessage[] = [];

  /**
   * @param next - Mailer that actually sends them. Default none.
   * @throws {Error} in production (`NODE_ENV`).
   */
  constructor(private readonly next?: Mailer) {
    super();
    // Checked here, because no option reveals that a host forgot to replace it.
    // oxlint-disable-next-line eslint/no-restricted-properties
    if (process.env.NODE_ENV === 'production')
      throw new Error(
        'DevMailbox is not for production: it shows links that open every account. Set mail.mailer to an SmtpMailer',
      );
  }

  /** Kept messages, newest first. */
  get messages(): readonly KeptMessage[] {
    return this.kept;
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<void> {
    await this.next?.send(message, signal);
    this.kept.unshift({ ...message, sentAt: new Date() });
    this.kept.length = Math.min(this.kept.length, CAPACITY);
  }

  override get isAway(): boolean {
    return this.next?.isAway ?? false;
  }

  override async close(): Promise<void> {
    await this.next?.close();
  }
}

import { Mailer, type OutgoingMessage } from '../settings/mailer.js';

/** Messages that are kept. */
const CAPACITY = 200;

/** A message, and when it was sent. */
export interface KeptMessage extends OutgoingMessage {
  readonly sentAt: Date;
}

/** Keeps the last 200 messages in memory for a look at them, and sends them on if there is a way. */
export class DevMailbox extends Mailer {
  private readonly kept: KeptMessage[] = [];

  /**
   * @param next - Sends them really. Default none.
   * @throws {Error} in production (`NODE_ENV`), where people wait for their mail.
   */
  constructor(private readonly next?: Mailer) {
    super();
    // Where a host forgets to replace it, no option of ours would tell.
    // oxlint-disable-next-line eslint/no-restricted-properties
    if (process.env.NODE_ENV === 'production')
      throw new Error(
        'DevMailbox is not for production: it shows links that open every account. Set mail.mailer to an SmtpMailer',
      );
  }

  /** The latest first. */
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

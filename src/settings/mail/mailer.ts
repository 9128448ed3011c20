/** Message to one recipient, ready to be sent. */
export interface OutgoingMessage {
  /**
   * Message-ID with angle brackets (RFC 5322, 3.6.4). The same for each attempt, so that duplicates can be
   * recognized.
   */
  readonly messageId: string;
  /** Email address, with or without a name: `Astra <no-reply@example.com>`. */
  readonly from: string;
  /** One email address, without a name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Additional header fields: `Auto-Submitted` (RFC 3834). */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends messages. Extend it to send them in your own way, and pass an instance as the option `mail.mailer`.
 */
export abstract class Mailer {
  /**
   * Sends a message. Called by the worker, and again later if it rejects.
   *
   * @param signal - Aborted when the process stops: leave messages that were not started to the next attempt.
   * @throws {UndeliverableError} if no attempt can succeed.
   */
  abstract send(message: OutgoingMessage, signal: AbortSignal): Promise<void>;

  /** Whether messages are currently waiting because the server is down, for health checks. */
  get isAway(): boolean {
    return false;
  }

  /** Closes connections when the process stops. */
  close(): void | Promise<void> {}
}

/** The message was rejected permanently: the mailbox does not exist, or does not accept it. */
export class UndeliverableError extends Error {
  /** @param reason - The response of the server. */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'UndeliverableError';
  }
}

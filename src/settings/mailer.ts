/** A message, ready to be sent to one person. */
export interface OutgoingMessage {
  /** With angle brackets (RFC 5322, 3.6.4). The same at each try, so that a duplicate can be told. */
  readonly messageId: string;
  /** An address, with or without a name: `Astra <no-reply@example.com>`. */
  readonly from: string;
  /** One address, without a name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Further header fields: `Auto-Submitted` (RFC 3834). */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends messages. A host that has a way of its own extends this and hands it in as the option `mail.mailer`. */
export abstract class Mailer {
  /**
   * Sends a message. It is called by the worker, and again later if it rejects.
   *
   * @param signal - Aborted when the process stops: what was not begun is better left to the next try.
   * @throws {UndeliverableError} if no try will ever succeed.
   */
  abstract send(message: OutgoingMessage, signal: AbortSignal): Promise<void>;

  /** Whether messages wait at the moment, because nothing can be sent: for a look at the health of the service. */
  get isAway(): boolean {
    return false;
  }

  /** Lets go of connections, when the process stops. */
  close(): void | Promise<void> {}
}

/** The message was refused for good: there is no such mailbox, or it is not wanted there. */
export class UndeliverableError extends Error {
  /** @param reason - What the other side said. */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'UndeliverableError';
  }
}

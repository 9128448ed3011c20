import { setTimeout as sleep } from 'node:timers/promises';
import { Mailer, type OutgoingMessage } from '../settings/mail/mailer.js';

/** Timeout for a message, in ms: the worker sends it a moment after the response. */
const PATIENCE = 10_000;

/** A message that was sent to the test mailbox. */
export class TestMessage {
  /** Email address of the recipient. */
  readonly to: string;
  /** Subject of the message. */
  readonly subject: string;
  /** Plain-text body. */
  readonly text: string;
  /** HTML body. */
  readonly html: string;

  constructor({ to, subject, text, html }: OutgoingMessage) {
    this.to = to;
    this.subject = subject;
    this.text = text;
    this.html = html;
  }

  /**
   * URL of its button.
   *
   * @throws {Error} if it has none.
   */
  get link(): string {
    const [link] = /https?:\/\/\S+/.exec(this.text) ?? [];
    if (!link) throw new Error(`No link found in:\n${this.text}`);
    return link;
  }

  /**
   * One-time token in its link, for Astra's pages and those in the option `mail.links`.
   *
   * @throws {Error} if it has none.
   */
  get token(): string {
    const [token] = /[\w-]{43}(?![\w-])/.exec(this.link) ?? [];
    if (!token) throw new Error(`No token found in ${this.link}`);
    return token;
  }
}

/** Keeps all messages of an application under test. Use it as `mail.mailer`. */
export class TestMailbox extends Mailer {
  /** All messages, oldest first. */
  readonly messages: TestMessage[] = [];
  private readonly read = new Set<TestMessage>();

  /** Called by Astra. */
  send(message: OutgoingMessage): Promise<void> {
    this.messages.push(new TestMessage(message));
    return Promise.resolve();
  }

  /**
   * Returns the latest message to an email address that was not returned before, after waiting for it for up
   * to ten seconds.
   *
   * @param subject - Pattern for the subject, if several messages are expected. Default any.
   * @throws {Error} if none arrives.
   */
  async latest(to: string, subject = /(?:)/): Promise<TestMessage> {
    const address = to.toLowerCase();
    for (const until = performance.now() + PATIENCE; performance.now() < until; await sleep(20)) {
      const found = this.messages.findLast(
        (one) => one.to.toLowerCase() === address && subject.test(one.subject) && !this.read.has(one),
      );
      if (!found) continue;
      this.read.add(found);
      return found;
    }
    const others = this.messages.map((one) => `${one.to}: ${one.subject}`);
    throw new Error(`No message was sent to ${to}. All messages:\n${others.join('\n') || 'none'}`);
  }
}

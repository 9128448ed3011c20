import { setTimeout as sleep } from 'node:timers/promises';
import { Mailer, type OutgoingMessage } from '../settings/mailer.js';

/** How long a message may take, in ms: it is sent by the worker, a moment after the answer. */
const PATIENCE = 10_000;

/** A message that was sent to nobody but the test. */
export class TestMessage {
  /** The address that it was sent to. */
  readonly to: string;
  /** Its subject. */
  readonly subject: string;
  /** Its plain text. */
  readonly text: string;
  /** The same as HTML. */
  readonly html: string;

  constructor({ to, subject, text, html }: OutgoingMessage) {
    this.to = to;
    this.subject = subject;
    this.text = text;
    this.html = html;
  }

  /**
   * The address that its button leads to.
   *
   * @throws {Error} if it has none.
   */
  get link(): string {
    const [link] = /https?:\/\/\S+/.exec(this.text) ?? [];
    if (!link) throw new Error(`No link found in:\n${this.text}`);
    return link;
  }

  /**
   * The one-time token in its link, whatever the page: Astra's own, or one of the option `mail.links`.
   *
   * @throws {Error} if it has none.
   */
  get token(): string {
    const [token] = /[\w-]{43}(?![\w-])/.exec(this.link) ?? [];
    if (!token) throw new Error(`No token found in ${this.link}`);
    return token;
  }
}

/** Keeps all mail. It is the `mail.mailer` of an application under test. */
export class TestMailbox extends Mailer {
  /** All messages, the oldest first. */
  readonly messages: TestMessage[] = [];
  private readonly read = new Set<TestMessage>();

  /** Called by Astra. */
  send(message: OutgoingMessage): Promise<void> {
    this.messages.push(new TestMessage(message));
    return Promise.resolve();
  }

  /**
   * The latest message to an address that was not asked for before. Waits for it up to ten seconds.
   *
   * @param subject - Of which messages to look at, where several are on their way. Default all.
   * @throws {Error} if none comes.
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

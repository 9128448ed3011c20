import { DevMailbox, type KeptMessage } from '../../src/mail/dev/dev-mailbox.js';
import type { Recipient } from '../../src/mail/mail.service.js';
import { eventually } from './eventually.js';
import type { TestService } from './test-service.js';

/** Owner of a mailbox whose email address is known. */
export function verified(email: string): Recipient {
  return { email, emailVerifiedAt: new Date() };
}

/** Waits until a service has sent so many messages to an address, and answers them, the latest first. */
export async function mailTo(service: TestService, address: string, count = 1): Promise<KeptMessage[]> {
  const mailbox = service.app.get(DevMailbox);
  const sent = () => mailbox.messages.filter(({ to }) => to === address);
  await eventually(async () => expect(sent()).toHaveLength(count), 5_000);
  return sent();
}

/** The token in the link of a message. */
export function tokenIn({ text }: Pick<KeptMessage, 'text'>): string {
  const token = /#token=([\w-]+)/.exec(text)?.[1];
  if (!token) throw new Error(`No link found in:\n${text}`);
  return token;
}

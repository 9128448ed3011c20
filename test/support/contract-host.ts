import type { INestApplication } from '@nestjs/common';
import { type AstraOptions, type MailOptions, SmtpMailer } from '../../src/index.js';
import { DevMailbox } from '../../src/mail/dev/dev-mailbox.js';
import { connectionUrl, type TestDatabase } from './test-database.js';

declare global {
  /** Set by jest.hosts.config.js. */
  var astraHost: 'fastify' | 'express' | undefined;
}

/** Host in which the specs about routes run; `undefined`: the stand-alone service. */
export const hostKind = globalThis.astraHost;

/** Creates the host of this run, and returns the prefix of Astra's routes in it. */
export async function createHostOf(
  { connection }: TestDatabase,
  options: AstraOptions,
  { smtpUrl, ...mail }: MailOptions & { smtpUrl?: string } = {},
): Promise<{ app: INestApplication; prefix: string }> {
  const settings = {
    databaseUrl: connectionUrl(connection),
    accounts: {
      ...options,
      // The specs are about all routes, and about links to the pages of the stand-alone service.
      features: { roleDemo: true, pages: false, ...options.features },
      mail: { mailer: smtpUrl ? new SmtpMailer(smtpUrl) : new DevMailbox(), ...mail, ...options.mail },
    },
  };
  const quiet = { logger: false } as const;
  if (hostKind === 'express') {
    const { createApp } = await import('../../examples/express-host/src/create-app.js');
    return { app: await createApp(settings, quiet), prefix: '/express' };
  }
  const { createApp } = await import('../../examples/notes-backend/src/create-app.js');
  return { app: await createApp(settings, quiet), prefix: '/api/v2' };
}

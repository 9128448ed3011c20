import type { User } from '../../src/client/index.js';
import { useApp } from '../shared/app.js';
import { openApplication, type Running, type ViewProps } from '../shared/application.js';
import type { Door } from '../shared/door.js';
import { Frame } from '../shared/frame.js';
import { usePlace } from '../shared/route.js';
import { AuditTrail } from './audit.js';
import { Overview } from './overview.js';
import { RightsContext, type Rights, useConsole } from './rights.js';
import { de } from './texts/de.js';
import { type ConsoleTexts, en } from './texts/en.js';
import { UserPlace } from './users/user.js';
import { Users } from './users/users.js';
import { WebhookPlace } from './webhooks/webhook.js';
import { Webhooks } from './webhooks/webhooks.js';

/** Opens the console for the user who has just signed in. */
export function open(root: HTMLElement, door: Door): Running {
  return openApplication({ View: Console, texts: { en, de } }, root, door);
}

function Console({ me, t, status }: ViewProps<ConsoleTexts>) {
  const { door } = useApp();
  const rights = rightsOf(me);
  const sections = {
    ...(rights.isAdmin && { overview: t.sections.overview }),
    ...(rights.seesUsers && { users: t.sections.users }),
    ...(rights.isAdmin && { audit: t.sections.audit }),
    ...(rights.isAdmin && door.features.includes('webhooks') && { webhooks: t.sections.webhooks }),
  };
  return (
    <RightsContext.Provider value={{ ...rights, t }}>
      <Frame title={t.title} sections={sections} user={me.username} status={status}>
        {rights.seesUsers ? (
          <Section />
        ) : (
          <>
            <h1 tabIndex={-1}>{t.title}</h1>
            <p>{t.noConsole}</p>
          </>
        )}
      </Frame>
    </RightsContext.Provider>
  );
}

function rightsOf({ role }: User): Omit<Rights, 't'> {
  return { isAdmin: role === 'admin', seesUsers: role === 'admin' || role === 'moderator' };
}

function Section() {
  const { isAdmin } = useConsole();
  const { path } = usePlace();
  const [section, id] = path;
  if (section === 'users' || !isAdmin) return id ? <UserPlace key={id} id={id} /> : <Users />;
  if (section === 'audit') return <AuditTrail />;
  if (section === 'webhooks') return id ? <WebhookPlace key={id} id={id} /> : <Webhooks />;
  return <Overview />;
}

import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { User } from '../../src/client/index.js';
import { AppContext } from '../shared/app.js';
import { clientOf, type Door, type DoorTokens } from '../shared/door.js';
import { resumeDialogs, suspendDialogs } from '../shared/dialog.js';
import { Frame } from '../shared/frame.js';
import { usePlace } from '../shared/route.js';
import { StepUp, StepUpDialog } from '../shared/step-up.js';
import { AuditTrail } from './audit.js';
import { Overview } from './overview.js';
import { RightsContext, type Rights, useConsole } from './rights.js';
import { de } from './texts/de.js';
import { en } from './texts/en.js';
import { UserPlace } from './users/user.js';
import { Users } from './users/users.js';
import { WebhookPlace } from './webhooks/webhook.js';
import { Webhooks } from './webhooks/webhooks.js';

/** A running application. */
interface Running {
  /** Goes on with the tokens of a new sign-in, after {@link Door.leave}. */
  resume(tokens: DoorTokens): void;
}

/** Opens the console for the user who has just signed in. */
export function open(root: HTMLElement, door: Door): Running {
  const leave: Door['leave'] = (reason) => {
    suspendDialogs();
    door.leave(reason);
  };
  const draw = (tokens: DoorTokens) => {
    render(<Console door={{ ...door, leave, tokens }} />, root);
    resumeDialogs();
  };
  draw(door.tokens);
  return { resume: draw };
}

function Console({ door }: { door: Door }) {
  const t = document.documentElement.lang.startsWith('de') ? de : en;
  const [stepUp] = useState(() => new StepUp());
  const client = useMemo(() => clientOf(door, (factors) => stepUp.confirm(factors)), [door.tokens]);
  useEffect(() => () => client.close(), [client]);
  const [me, setMe] = useState<User>();
  const [status, setStatus] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const say = (message: string) => {
    clearTimeout(timer.current);
    setStatus(message);
    timer.current = setTimeout(() => setStatus(''), 10_000);
  };
  useEffect(() => void client.call('GET /users/me').then(setMe, () => door.leave('expired')), [client]);
  if (!me) return <p role="status">{t.loading}</p>;

  const rights = rightsOf(me);
  const sections = {
    ...(rights.isAdmin && { overview: t.sections.overview }),
    ...(rights.seesUsers && { users: t.sections.users }),
    ...(rights.isAdmin && { audit: t.sections.audit }),
    ...(rights.isAdmin && door.features.includes('webhooks') && { webhooks: t.sections.webhooks }),
  };
  return (
    // Another user sees nothing of what the one before has typed.
    <AppContext.Provider key={me.id} value={{ client, door, t, say }}>
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
        <StepUpDialog stepUp={stepUp} />
      </RightsContext.Provider>
    </AppContext.Provider>
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

import { useApp } from '../shared/app.js';
import { openApplication, type Running, type ViewProps } from '../shared/application.js';
import type { Door } from '../shared/door.js';
import { Frame } from '../shared/frame.js';
import { usePlace } from '../shared/route.js';
import { AccountContext } from './context.js';
import { Data } from './data.js';
import { Events } from './events.js';
import { Keys } from './keys.js';
import { Profile } from './profile.js';
import { Sessions } from './sessions.js';
import { de } from './texts/de.js';
import { type AccountTexts, en } from './texts/en.js';
import { WaysIn } from './ways-in/ways-in.js';

/** Opens *my account* for the user who has just signed in. */
export function open(root: HTMLElement, door: Door): Running {
  return openApplication({ View: MyAccount, texts: { en, de } }, root, door);
}

function MyAccount({ me, setMe, t, status }: ViewProps<AccountTexts>) {
  const { door } = useApp();
  const { keys, ...others } = t.sections;
  const { profile, 'sign-in': signIn, sessions, ...rest } = others;
  const sections = {
    ...{ profile, 'sign-in': signIn, sessions },
    ...(door.features.includes('apiKeys') && { keys }),
    ...rest,
  };
  return (
    <AccountContext.Provider value={{ me, setMe, t }}>
      <Frame title={t.title} sections={sections} user={me.username} status={status}>
        <Section />
      </Frame>
    </AccountContext.Provider>
  );
}

/** Parts by the first part of their place. */
const parts = { 'sign-in': WaysIn, sessions: Sessions, keys: Keys, activity: Events, data: Data };

function Section() {
  const [section = ''] = usePlace().path;
  const Part = new Map<string, typeof Profile>(Object.entries(parts)).get(section) ?? Profile;
  return <Part />;
}

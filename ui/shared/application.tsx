import { type ComponentType, render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { User } from '../../src/client/index.js';
import { AppContext } from './app.js';
import { resumeDialogs, suspendDialogs } from './dialog.js';
import { clientOf, type Door, type DoorTokens } from './door.js';
import { sentenceOf } from './problems.js';
import { StepUp, StepUpDialog } from './proofs/step-up.js';
import type { SharedTexts } from './texts/en.js';

/** A running application. */
export interface Running {
  /** Goes on with the tokens of a new sign-in, after {@link Door.leave}. */
  resume(tokens: DoorTokens): void;
}

/** What an application shows to the user who has signed in. */
export interface ViewProps<Texts> {
  readonly me: User;
  /** Called when the user has changed. */
  readonly setMe: (me: User) => void;
  readonly t: Texts;
  /** What was done last, for a moment. */
  readonly status: string;
}

/** An application: what it shows, and its texts by language. */
interface Definition<Texts extends SharedTexts> {
  readonly View: ComponentType<ViewProps<Texts>>;
  readonly texts: { readonly en: Texts; readonly de: Texts };
}

/** Opens an application for the user who has just signed in. */
export function openApplication<Texts extends SharedTexts>(
  definition: Definition<Texts>,
  root: HTMLElement,
  door: Door,
): Running {
  const leave: Door['leave'] = (reason) => {
    suspendDialogs();
    door.leave(reason);
  };
  const draw = (tokens: DoorTokens) => {
    render(<Application {...definition} door={{ ...door, leave, tokens }} />, root);
    resumeDialogs();
  };
  draw(door.tokens);
  return { resume: draw };
}

function Application<Texts extends SharedTexts>({
  View,
  texts,
  door,
}: Definition<Texts> & { readonly door: Door }) {
  const t = document.documentElement.lang.startsWith('de') ? texts.de : texts.en;
  const [stepUp] = useState(() => new StepUp());
  const client = useMemo(() => clientOf(door, (request) => stepUp.confirm(request)), [door.tokens]);
  useEffect(() => () => client.close(), [client]);
  const [me, setMe] = useState<User>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const [status, setStatus] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const say = (message: string) => {
    clearTimeout(timer.current);
    setStatus(message);
    timer.current = setTimeout(() => setStatus(''), 10_000);
  };
  useEffect(() => {
    setError(undefined);
    void client.call('GET /users/me').then(setMe, setError);
  }, [client, round]);
  // If the session has ended, the client has said so.
  if (!me && error)
    return (
      <main>
        <h1>{door.product}</h1>
        <div class="alert" role="alert">
          <p>{sentenceOf(error, { t: { ...t, away: t.notOpened }, door })}</p>
          <button type="button" onClick={() => setRound(round + 1)}>
            {t.tryAgain}
          </button>
        </div>
      </main>
    );
  if (!me) return <p role="status">{t.loading}</p>;
  return (
    // Another user sees nothing of what the one before has typed.
    <AppContext.Provider key={me.id} value={{ client, door, t, say }}>
      <View {...{ me, setMe, t, status }} />
      <StepUpDialog stepUp={stepUp} />
    </AppContext.Provider>
  );
}

'use client';

import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useSyncExternalStore,
} from 'react';
import type { AstraClient } from '../client.js';
import { UNKNOWN_USER, userOf, type UserState } from '../user.js';

/** Client of Astra and its state, as a component sees them. */
export interface Astra {
  /** The client of the provider. */
  client: AstraClient;
  /** Whether somebody is signed in. `undefined` until the session was read, while a server renders, and in its hydration. */
  signedIn: boolean | undefined;
}

/** The user who is signed in, as a component sees them. */
export interface SignedInUser extends UserState {
  /** Asks the service again, such as after a change of the profile, or an error. Never rejects. */
  reload: () => Promise<void>;
}

const ClientContext = createContext<AstraClient | null>(null);

/**
 * Provides a client to the components inside it. Create the client once, outside of components:
 *
 * ```tsx
 * const client = new AstraClient({ url: '/api/v1' });
 * root.render(<AstraProvider client={client}><App /></AstraProvider>);
 * ```
 */
export function AstraProvider(props: { client: AstraClient; children?: ReactNode }): ReactElement {
  return createElement(ClientContext.Provider, { value: props.client }, props.children);
}

/**
 * Returns the client, and whether somebody is signed in. The component renders again after each sign-in and sign-out, also
 * those in other tabs.
 *
 * @throws `Error` if there is no `AstraProvider` around the component.
 */
export function useAstra(): Astra {
  const client = useClient();
  const subscribe = useCallback(
    (listener: () => void) => {
      const stop = client.onChange(listener);
      // The first call reads the storage, which may take time.
      client.isSignedIn().then(listener, listener);
      return stop;
    },
    [client],
  );
  const signedIn = useSyncExternalStore(
    subscribe,
    () => client.signedIn,
    () => undefined,
  );
  return { client, signedIn };
}

/**
 * Returns the user who is signed in, and `reload`, which asks the service again. All components of a client share one
 * request.
 *
 * @throws `Error` if there is no `AstraProvider` around the component.
 */
export function useUser(): SignedInUser {
  const { get, subscribe, reload } = userOf(useClient());
  return { ...useSyncExternalStore(subscribe, get, () => UNKNOWN_USER), reload };
}

function useClient(): AstraClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('useAstra and useUser need an AstraProvider around the component');
  return client;
}

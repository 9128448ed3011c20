import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { User } from '../../src/client/index.js';
import { type App, useApp } from '../shared/app.js';
import type { AccountTexts } from './texts/en.js';

/** What the parts of *my account* need besides the application. */
export interface Account {
  readonly me: User;
  /** Called when the user has changed. */
  readonly setMe: (me: User) => void;
  readonly t: AccountTexts;
}

/** Context of *my account*. */
export const AccountContext = createContext<Account | null>(null);

/** The application with the user and the texts of *my account*. */
export function useAccount(): App<AccountTexts> & Account & { has: (feature: string) => boolean } {
  const app = useApp();
  const account = useContext(AccountContext);
  if (!account) throw new Error('There is no account around this part.');
  return { ...app, ...account, has: (feature) => app.door.features.includes(feature) };
}

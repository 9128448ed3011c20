import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { App } from '../shared/app.js';
import { useApp } from '../shared/app.js';
import type { ConsoleTexts } from './texts/en.js';

/** What the user may do, so that the console offers nothing that the API refuses. */
export interface Rights {
  readonly isAdmin: boolean;
  /** Also as a moderator, who may deactivate plain users. */
  readonly seesUsers: boolean;
  readonly t: ConsoleTexts;
}

export const RightsContext = createContext<Rights | null>(null);

/** The application with the texts and rights of the console. */
export function useConsole(): App<ConsoleTexts> & Rights {
  const app = useApp();
  const rights = useContext(RightsContext);
  if (!rights) throw new Error('There is no console around this part.');
  return { ...app, ...rights };
}

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AstraClient } from '../../src/client/index.js';
import type { Door } from './door.js';
import type { SharedTexts } from './texts/en.js';

/** What every part of an application can use. */
export interface App<Texts extends SharedTexts = SharedTexts> {
  readonly client: AstraClient;
  readonly door: Door;
  readonly t: Texts;
  /** Says that something was done, for a moment and to screen readers. */
  readonly say: (message: string) => void;
}

/** Context of the application. */
export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('There is no application around this part.');
  return app;
}

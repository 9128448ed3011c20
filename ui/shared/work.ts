import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useApp } from './app.js';
import { sentenceOf } from './problems.js';

/** State of what is read from the API. What was read before stays until there is something newer. */
export interface Reading<T> {
  readonly value?: T;
  /** Why there is no newer value. */
  readonly error?: string;
  readonly isLoading: boolean;
  /** Reads again. */
  readonly again: () => void;
}

/**
 * Reads from the API, again whenever `key` changes. An older request is ended, so that its response cannot come last.
 *
 * @param key - Names what is read; changes with each parameter.
 */
export function useReading<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Reading<T> {
  const app = useApp();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Omit<Reading<T>, 'again'>>({ isLoading: true });
  // Before the frame is painted, which the request need not wait for.
  useLayoutEffect(() => {
    const ending = new AbortController();
    setState(({ value }) => ({ value, isLoading: true }));
    const begin = async () => {
      try {
        const value = await read(ending.signal);
        if (!ending.signal.aborted) setState({ value, isLoading: false });
      } catch (error) {
        if (ending.signal.aborted) return;
        setState(({ value }) => ({ value, error: sentenceOf(error, app) ?? app.t.failed, isLoading: false }));
      }
    };
    void begin();
    return () => ending.abort();
  }, [key, round]);
  return { ...state, again: () => setRound((now) => now + 1) };
}

/** A page of a list, as every list of the API. */
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
  total: number;
  total_is_estimate: boolean;
}

/** A list of which more and more pages are read. */
export interface Listing<Item> {
  readonly pages?: readonly (readonly Item[])[];
  readonly total?: { readonly count: number; readonly isEstimate: boolean };
  /** Whether another list, or the next page, is on its way. */
  readonly isLoading: boolean;
  /** Whether another list is on its way. */
  readonly isOld: boolean;
  /** Why there is no newer list, or no further page. */
  readonly error?: string;
  /** Reads the list again, or the page that failed. */
  readonly again: () => void;
  /** Reads the next page; absent on the last one. */
  readonly more?: () => void;
}

/** What was read of a list after its first page. */
interface Further<Item> {
  /** The first page: with another one, this is all over. */
  readonly first: Page<Item>;
  readonly pages: readonly Page<Item>[];
  readonly isLoading?: boolean;
  readonly error?: string;
}

/** Reads the first page of a list, and further ones when asked for. Parameters as in {@link useReading}. */
export function useListing<Item>(
  key: string,
  read: (cursor: string | undefined, signal?: AbortSignal) => Promise<Page<Item>>,
): Listing<Item> {
  const app = useApp();
  const { value: first, ...reading } = useReading(key, (signal) => read(undefined, signal));
  const [state, setState] = useState<Further<Item>>();
  if (!first) return { ...reading, isOld: false };
  const further: Further<Item> = state?.first === first ? state : { first, pages: [] };
  const pages = [first, ...further.pages];
  const cursor = pages[pages.length - 1].next_cursor;
  const isLoading = reading.isLoading || further.isLoading === true;
  const error = reading.error ?? further.error;
  const more = async (from: string) => {
    if (isLoading) return;
    // Unless there is another list by then.
    const change = (to: Partial<Further<Item>>) =>
      setState((now) => (now?.first === first ? { first, pages: further.pages, ...to } : now));
    setState({ first, pages: further.pages, isLoading: true });
    try {
      const page = await read(from);
      change({ pages: [...further.pages, page] });
    } catch (failure) {
      change({ error: sentenceOf(failure, app) ?? app.t.failed });
    }
  };
  return {
    ...{ isLoading, error, isOld: reading.isLoading },
    pages: pages.map(({ items }) => items),
    total: { count: first.total, isEstimate: first.total_is_estimate },
    again: further.error && !reading.error && cursor ? () => void more(cursor) : reading.again,
    // After an error, only on request.
    ...(cursor && !error && { more: () => void more(cursor) }),
  };
}

/** Does something once, however often its button is pressed, and says what became of it. */
export function useWork(): {
  isBusy: boolean;
  error: string | null;
  /** @returns whether it was done. */
  run: (work: () => Promise<string | void>) => Promise<boolean>;
} {
  const app = useApp();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const busy = useRef(false);
  const run = async (work: () => Promise<string | void>) => {
    if (busy.current) return false;
    busy.current = true;
    setBusy(true);
    setError(null);
    try {
      const message = await work();
      if (message) app.say(message);
      return true;
    } catch (failure) {
      setError(sentenceOf(failure, app));
      return false;
    } finally {
      busy.current = false;
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}

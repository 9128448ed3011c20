import { useEffect, useRef, useState } from 'preact/hooks';
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
  const { t } = useApp();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Omit<Reading<T>, 'again'>>({ isLoading: true });
  useEffect(() => {
    const ending = new AbortController();
    setState(({ value }) => ({ value, isLoading: true }));
    const begin = async () => {
      try {
        const value = await read(ending.signal);
        if (!ending.signal.aborted) setState({ value, isLoading: false });
      } catch (error) {
        if (ending.signal.aborted) return;
        setState(({ value }) => ({ value, error: sentenceOf(error, t) ?? t.failed, isLoading: false }));
      }
    };
    void begin();
    return () => ending.abort();
  }, [key, round]);
  return { ...state, again: () => setRound(round + 1) };
}

/** A page of a list, as every list of the API. */
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
  total: number;
  total_is_estimate: boolean;
}

/** A list of which more and more pages are read. */
export interface Listing<Item> extends Omit<Reading<Page<Item>>, 'value'> {
  readonly items?: readonly Item[];
  readonly total?: { readonly count: number; readonly isEstimate: boolean };
  /** Reads the next page; absent on the last one. */
  readonly more?: () => void;
}

/** Reads the first page of a list, and further ones when asked for. Parameters as in {@link useReading}. */
export function useListing<Item>(
  key: string,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
): Listing<Item> {
  const [further, setFurther] = useState<{ key: string; cursors: string[]; items: Item[] }>();
  const own = further?.key === key ? further : { key, cursors: [], items: [] };
  const first = useReading(key, (signal) => read(undefined, signal));
  const cursor = own.cursors.at(-1);
  const next = useReading(`${key} ${cursor ?? ''}`, async (signal) => {
    if (cursor === undefined) return null;
    const page = await read(cursor, signal);
    setFurther({ ...own, items: [...own.items, ...page.items] });
    return page;
  });
  const { value, again } = first;
  const last = cursor === undefined ? value : next.value;
  const isLoading = first.isLoading || (cursor !== undefined && next.isLoading);
  const nextCursor = isLoading ? null : last?.next_cursor;
  return {
    isLoading,
    error: first.error ?? next.error,
    again: () => {
      setFurther(undefined);
      (first.error || !next.error ? again : next.again)();
    },
    ...(value && {
      items: [...value.items, ...own.items],
      total: { count: value.total, isEstimate: value.total_is_estimate },
    }),
    ...(nextCursor && { more: () => setFurther({ ...own, cursors: [...own.cursors, nextCursor] }) }),
  };
}

/** Does something once, however often its button is pressed, and says what became of it. */
export function useWork(): {
  isBusy: boolean;
  error: string | null;
  /** @returns whether it was done. */
  run: (work: () => Promise<string | void>) => Promise<boolean>;
} {
  const { t, say } = useApp();
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
      if (message) say(message);
      return true;
    } catch (failure) {
      setError(sentenceOf(failure, t));
      return false;
    } finally {
      busy.current = false;
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}

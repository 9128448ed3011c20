import { useEffect, useState } from 'preact/hooks';

/** A place in the application: the part of the URL after `#`, such as `users/0198…?tab=sessions`. */
export interface Place {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function here(): Place {
  const [path = '', query = ''] = location.hash.slice(1).split('?');
  return { path: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/** The current place. Changes with links, the history and {@link go}. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const listen = () => setPlace(here());
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return place;
}

/** Returns the address of a place, for links. Parameters without a value are left out. */
export function placeOf(path: readonly string[], query: Record<string, string | undefined> = {}): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = set.length > 0 ? `?${new URLSearchParams(set)}` : '';
  return `#${path.map(encodeURIComponent).join('/')}${search}`;
}

export function go(path: readonly string[], query?: Record<string, string | undefined>): void {
  location.hash = placeOf(path, query);
}

/** Changes the parameters of the current place, without an entry in the history: filters of a list. */
export function refine(query: Record<string, string | undefined>): void {
  const { path, query: current } = here();
  history.replaceState(null, '', placeOf(path, { ...Object.fromEntries(current), ...query }));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

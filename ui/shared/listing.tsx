import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useApp } from './app.js';
import type { Listing, Reading } from './work.js';

/** Distance in pixels from the end of an endless list at which its next page is read. */
const AHEAD = 800;
/** Distance in pixels from the visible part within which rows are in the document. */
const NEAR = 1600;

/** A column of a {@link Table}. */
export interface Column<Item> {
  readonly title: string;
  readonly of: (item: Item) => ComponentChildren;
}

/** A list of the API as a table: states, error and next page included. On phones, each row becomes a card. */
export function Table<Item extends { id: string }>(props: {
  caption: string;
  listing: Listing<Item>;
  columns: readonly Column<Item>[];
  /** Text if there is nothing. */
  empty?: string;
  /** Whether the next page is read when the end of the list comes near: for lists with nothing below them. */
  endless?: boolean;
}) {
  const { t } = useApp();
  const { endless } = props;
  const { pages, total, isLoading, isOld, error, more, again } = props.listing;
  const isEmpty = pages?.[0].length === 0;
  // For screen readers, as not all rows are in the document. The titles are the first row.
  const rowCount = total && !total.isEstimate ? total.count + 1 : -1;
  return (
    <div class={isOld ? 'listing old' : 'listing'} aria-busy={isLoading}>
      <p role="status" class="quiet">
        {total ? t.total(total.count, total.isEstimate) : isLoading ? t.loading : ''}
      </p>
      {pages && !isEmpty && (
        <table class={endless ? 'endless' : undefined} aria-rowcount={endless ? rowCount : undefined}>
          <caption>{props.caption}</caption>
          <thead>
            <tr aria-rowindex={endless ? 1 : undefined}>
              {props.columns.map(({ title }) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          {pages.map((items, i) => (
            <Rows
              key={i}
              items={items}
              columns={props.columns}
              first={endless ? 2 + i * pages[0].length : undefined}
            />
          ))}
        </table>
      )}
      {isEmpty && <p class="empty">{props.empty ?? t.empty}</p>}
      <Failure {...{ error, again }} />
      {(more ?? (!error && pages && pages.length > 1)) && <More {...{ more, isLoading, endless }} />}
    </div>
  );
}

/**
 * The rows of a page. In an endless list, they are only in the document near the visible part; elsewhere, one row has their
 * height. Otherwise each further page would take the browser longer. What has the focus stays.
 */
function Rows<Item extends { id: string }>(props: {
  items: readonly Item[];
  columns: readonly Column<Item>[];
  /** Number of the first row in the whole list, from 1 with the titles, in an endless list. */
  first?: number;
}) {
  const { items, columns, first } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [height, setHeight] = useState<number>();
  const isEndless = first !== undefined;
  useEffect(() => {
    const rows = body.current;
    if (!isEndless || !rows) return undefined;
    const watch = new IntersectionObserver(
      ([{ isIntersecting, boundingClientRect }]) => {
        if (isIntersecting) setHeight(undefined);
        else if (!rows.contains(document.activeElement)) setHeight(boundingClientRect.height);
      },
      { rootMargin: `${NEAR}px 0px` },
    );
    watch.observe(rows);
    return () => watch.disconnect();
  }, [isEndless]);
  // Rows that stay the same are not compared for each further page.
  const rows = useMemo(
    () =>
      items.map((item, i) => (
        <tr key={item.id} aria-rowindex={first && first + i}>
          {columns.map(({ title, of }) => (
            <td key={title} data-title={title}>
              {of(item)}
            </td>
          ))}
        </tr>
      )),
    [items, columns, first],
  );
  return (
    <tbody ref={body}>
      {height ? (
        <tr class="away" aria-hidden="true">
          <td colSpan={columns.length} style={{ height }} />
        </tr>
      ) : (
        rows
      )}
    </tbody>
  );
}

/** Reads the next page when it is pressed, or comes near. It stays meanwhile and at the end, so that it keeps the focus. */
function More(props: { more?: () => void; isLoading: boolean; endless?: boolean }) {
  const { t } = useApp();
  const button = useRef<HTMLButtonElement>(null);
  const { more, isLoading, endless } = props;
  useEffect(() => {
    if (!endless || !more || isLoading || !button.current) return undefined;
    const watch = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && more(), {
      rootMargin: `0px 0px ${AHEAD}px`,
    });
    watch.observe(button.current);
    return () => watch.disconnect();
  }, [more, isLoading, endless]);
  return (
    <button
      ref={button}
      type="button"
      class="secondary more"
      aria-disabled={isLoading || !more}
      onClick={() => more?.()}
    >
      {more ? t.more : t.noMore}
    </button>
  );
}

/** Says why something was not read, and reads it again. */
export function Failure({ error, again }: Pick<Reading<unknown>, 'error' | 'again'>) {
  const { t } = useApp();
  if (!error) return null;
  return (
    <div class="alert" role="alert">
      <p>{error}</p>
      <button type="button" class="secondary" onClick={again}>
        {t.tryAgain}
      </button>
    </div>
  );
}

const time = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: 'medium',
  timeStyle: 'short',
});

/** A point in time, in the user's own time zone. */
export function Time({ at }: { at: string | null }) {
  return at ? <time dateTime={at}>{time.format(new Date(at))}</time> : <>-</>;
}

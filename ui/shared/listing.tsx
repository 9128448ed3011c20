import type { ComponentChildren } from 'preact';
import { useApp } from './app.js';
import type { Listing } from './work.js';

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
}) {
  const { t } = useApp();
  const { items, total, isLoading, error, more, again } = props.listing;
  return (
    <div class="listing" aria-busy={isLoading}>
      <p role="status" class="quiet">
        {total ? t.total(total.count, total.isEstimate) : isLoading ? t.loading : ''}
      </p>
      {items && items.length > 0 && (
        <table>
          <caption>{props.caption}</caption>
          <thead>
            <tr>
              {props.columns.map(({ title }) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.id}>
                {props.columns.map(({ title, of }) => (
                  <td key={title} data-title={title}>
                    {of(item)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {items?.length === 0 && <p class="empty">{props.empty ?? t.empty}</p>}
      {error && (
        <div class="alert" role="alert">
          <p>{error}</p>
          <button type="button" class="secondary" onClick={again}>
            {t.tryAgain}
          </button>
        </div>
      )}
      {more && (
        <button type="button" class="secondary more" onClick={more}>
          {t.more}
        </button>
      )}
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

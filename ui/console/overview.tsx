import type { AuditType, Input } from '../../src/client/index.js';
import { Failure } from '../shared/listing.js';
import { type Reading, useReading } from '../shared/work.js';
import { EventTable } from './audit.js';
import { useConsole } from './rights.js';

const DAYS = 7;
/** Events of which the number a day is shown. */
const series = [
  'authn_login_success',
  'authn_login_fail',
  'authn_login_lock',
  'user_created',
] as const satisfies AuditType[];

interface Count {
  readonly count: number;
  readonly isEstimate: boolean;
}

/** Part of time: the end does not belong to it. */
interface Range {
  readonly from: string;
  readonly to: string;
}

/** Begin of the last days, in the user's time zone, the oldest first; the last element is the end of today. */
function lastDays(): Date[] {
  const now = new Date();
  return Array.from(
    { length: DAYS + 1 },
    (_, i) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + i - DAYS + 1),
  );
}

/** What happens in the service: events a day, accounts, the latest events. */
export function Overview() {
  const { door, t } = useConsole();
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.overview}</h1>
      <section aria-labelledby="days">
        <h2 id="days">{t.overview.lastDays}</h2>
        <div class="charts">
          {series.map((type) => (
            <EventChart key={type} type={type} />
          ))}
          {door.features.includes('mail') && <MailCharts />}
        </div>
      </section>
      <section aria-labelledby="accounts">
        <h2 id="accounts">{t.overview.accounts}</h2>
        <dl class="figures">
          <UserCount title={t.overview.accounts} query={{}} />
          <UserCount title={t.overview.withoutVerified} query={{ email_verified: false }} />
          <UserCount title={t.overview.inactive} query={{ is_active: false }} />
          <UserCount title={t.overview.deleted} query={{ deleted: true }} />
        </dl>
      </section>
      <section aria-labelledby="recent">
        <h2 id="recent">{t.overview.recent}</h2>
        <EventTable caption={t.overview.recent} query={{ limit: 10 }} />
      </section>
    </>
  );
}

function UserCount({ title, query }: { title: string; query: Input<'GET /admin/users'>['query'] }) {
  const { client, t } = useConsole();
  const { value, error, again } = useReading(JSON.stringify(query), (signal) =>
    client.call('GET /admin/users', { query: { ...query, limit: 1 } }, { signal }),
  );
  const figure = (total: number) =>
    value?.total_is_estimate ? t.overview.about(total) : total.toLocaleString(document.documentElement.lang);
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value ? figure(value.total) : error ? <Failure {...{ error, again }} /> : '…'}</dd>
    </div>
  );
}

/** Reads a number for each of the last days, from the start of the day to the end. */
function useDays(name: string, read: (range: Range, signal: AbortSignal) => Promise<Count[]>) {
  const days = lastDays().map((day) => day.toISOString());
  return useReading(`${name} ${days[0]}`, async (signal) => {
    const counts = await Promise.all(
      days.slice(0, DAYS).map((from, i) => read({ from, to: days[i + 1] }, signal)),
    );
    // By series, then by day.
    return counts[0].map((_, i) => counts.map((ofDay) => ofDay[i]));
  });
}

/** The numbers of one type of event. */
function EventChart({ type }: { type: (typeof series)[number] }) {
  const { client, t } = useConsole();
  const reading = useDays(type, async (range, signal) => {
    const query = { type, ...range, limit: 1 };
    const page = await client.call('GET /admin/audit-events', { query }, { signal });
    return [{ count: page.total, isEstimate: page.total_is_estimate }];
  });
  return <Chart title={t.overview.series[type]} counts={reading.value?.[0]} {...reading} />;
}

/** Messages that were sent, and attempts that failed, whether they are repeated or not. */
function MailCharts() {
  const { client, t } = useConsole();
  const reading = useDays('mail', async (query, signal) => {
    const { sent, failed, given_up } = await client.call('GET /admin/mail-counts', { query }, { signal });
    return [sent, failed + given_up].map((count) => ({ count, isEstimate: false }));
  });
  return (
    <>
      <Chart title={t.overview.mailSent} counts={reading.value?.[0]} {...reading} />
      <Chart title={t.overview.mailFailed} counts={reading.value?.[1]} {...reading} />
    </>
  );
}

/** Numbers of the last days as bars. The table behind them is what screen readers read. */
function Chart(props: Pick<Reading<unknown>, 'error' | 'again'> & { title: string; counts?: Count[] }) {
  const { t } = useConsole();
  const { title, counts, error, again } = props;
  const most = Math.max(1, ...(counts ?? []).map(({ count }) => count));
  const weekday = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short' });
  const long = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long' });
  const textOf = ({ count, isEstimate }: Count) =>
    isEstimate ? t.overview.about(count) : count.toLocaleString(document.documentElement.lang);
  const isEmpty = counts?.every(({ count }) => count === 0);
  return (
    <figure class="chart" aria-busy={!counts && !error}>
      <figcaption>{title}</figcaption>
      <Failure {...{ error, again }} />
      {isEmpty && <p class="empty">{t.overview.nothing}</p>}
      {!isEmpty && !error && (
        <table>
          <caption class="hidden">{title}</caption>
          <tbody>
            {lastDays()
              .slice(0, DAYS)
              .map((day, i) => (
                <tr key={day.getTime()}>
                  <th scope="row">
                    <abbr title={long.format(day)}>{weekday.format(day)}</abbr>
                  </th>
                  <td>
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                      <rect width={counts ? (100 * counts[i].count) / most : 0} height="8" rx="1" />
                    </svg>
                    <span>{counts ? textOf(counts[i]) : '…'}</span>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
    </figure>
  );
}

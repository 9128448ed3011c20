import type { AuditType, Input } from '../../src/client/index.js';
import { useReading } from '../shared/work.js';
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
  const { t } = useConsole();
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.overview}</h1>
      <section aria-labelledby="days">
        <h2 id="days">{t.overview.lastDays}</h2>
        <div class="charts">
          {series.map((type) => (
            <EventChart key={type} type={type} />
          ))}
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
  const { value } = useReading(JSON.stringify(query), (signal) =>
    client.call('GET /admin/users', { query: { ...query, limit: 1 } }, { signal }),
  );
  const figure = (total: number) =>
    value?.total_is_estimate ? t.overview.about(total) : total.toLocaleString(document.documentElement.lang);
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value ? figure(value.total) : '…'}</dd>
    </div>
  );
}

/** The numbers of one type of event as bars. The table behind them is what screen readers read. */
function EventChart({ type }: { type: (typeof series)[number] }) {
  const { client, t } = useConsole();
  const days = lastDays();
  const { value: counts } = useReading(`${type} ${days[0].toISOString()}`, (signal) =>
    Promise.all(
      days.slice(0, DAYS).map(async (day, i): Promise<Count> => {
        // The end belongs to the range.
        const to = new Date(days[i + 1].getTime() - 1).toISOString();
        const query = { type, from: day.toISOString(), to, limit: 1 };
        const page = await client.call('GET /admin/audit-events', { query }, { signal });
        return { count: page.total, isEstimate: page.total_is_estimate };
      }),
    ),
  );
  const title = t.overview.series[type];
  const most = Math.max(1, ...(counts ?? []).map(({ count }) => count));
  const weekday = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short' });
  const long = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long' });
  const textOf = ({ count, isEstimate }: Count) =>
    isEstimate ? t.overview.about(count) : count.toLocaleString(document.documentElement.lang);
  return (
    <figure class="chart" aria-busy={!counts}>
      <figcaption>{title}</figcaption>
      <table>
        <caption class="hidden">{title}</caption>
        <tbody>
          {days.slice(0, DAYS).map((day, i) => (
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
    </figure>
  );
}

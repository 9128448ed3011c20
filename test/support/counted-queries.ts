import pg from 'pg';

/** Statement as it is sent. */
export interface SentStatement {
  text: string;
  /** Of a prepared one. */
  name?: string;
}

/** Of timers and of messages, which run beside what is looked at. */
const BESIDE = /auth_installation|auth_mail_counts/;

/** Statements that this process sends while something runs, without those of timers and of messages. */
export async function statementsDuring(work: () => Promise<unknown>): Promise<SentStatement[]> {
  const sent: SentStatement[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its `this` below
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config] = args as [string | { text?: string; name?: string }];
    const { text = '', name } = typeof config === 'string' ? { text: config } : config;
    if (!BESIDE.test(text)) sent.push({ text, name });
    return Reflect.apply(query, this, args) as unknown;
  } as typeof query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return sent;
}

/** Those about Astra's tables. */
export async function queriesDuring(work: () => Promise<unknown>): Promise<string[]> {
  const sent = await statementsDuring(work);
  return sent.map(({ text }) => text).filter((text) => text.includes('auth_'));
}

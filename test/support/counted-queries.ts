import pg from 'pg';

/** Statements about Astra's tables that this process sends while something runs, without those of timers and of messages. */
export async function queriesDuring(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its `this` below
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config] = args as [string | { text?: string }];
    const text = typeof config === 'string' ? config : (config.text ?? '');
    if (/auth_/.test(text) && !/auth_installation|auth_mail_counts/.test(text)) texts.push(text);
    return Reflect.apply(query, this, args) as unknown;
  } as typeof query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return texts;
}

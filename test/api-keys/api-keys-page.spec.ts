import { readFile } from 'node:fs/promises';
import { newApiKeyToken } from '../../src/auth/api-keys/api-key-token.js';
import { runPage } from '../support/page-commands.js';
import { TestService } from '../support/test-service.js';

describe('docs/api-keys.md', () => {
  let page: string;
  beforeAll(async () => {
    page = await readFile('docs/api-keys.md', 'utf8');
  });

  it('shows what its commands answer', async () => {
    const service = await TestService.start();
    try {
      await service.signUp({ username: 'ada', email: 'ada@example.com', password: 'Analytical1' });
      await service.database.query(`UPDATE auth_users SET role = 'admin'`);
      const shape = (text: string) => (text.startsWith('{') ? shapeOf(JSON.parse(text) as object) : text);
      for (const { command, shown, printed } of await runPage(page, (line) =>
        line.replace('http://localhost:8000', service.origin),
      ))
        expect([command, shape(printed)]).toEqual([command, shape(shown)]);
    } finally {
      await service.stop();
    }
  }, 60_000);

  it('finds keys with its pattern and its rule', () => {
    const [pattern] = /\\bastra_\(pat\|svc\)_\S+?\\b/.exec(page)!;
    for (const owner of ['pat', 'svc'] as const)
      expect(`key=${newApiKeyToken('astra', owner)};`).toMatch(new RegExp(pattern));
    expect(page).toContain(`regex = '''${pattern}'''`);
  });
});

/** Members of an answer, with the values of those that are the same each time. */
function shapeOf(answer: object) {
  const varying = /^(id|hint|token|request_id|.*_at|last_used_ip)$/;
  return Object.entries(answer).map(([name, value]: [string, unknown]) =>
    varying.test(name) ? [name, typeof value] : [name, value],
  );
}

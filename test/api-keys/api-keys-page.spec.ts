import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newApiKeyToken } from '../../src/auth/api-keys/api-key-token.js';
import { TestService } from '../support/test-service.js';

const BETWEEN = '--- between two commands ---';

describe('docs/api-keys.md', () => {
  let page: string;
  beforeAll(async () => {
    page = await readFile('docs/api-keys.md', 'utf8');
  });

  it('shows what its commands answer', async () => {
    const service = await TestService.start();
    const folder = await mkdtemp(join(tmpdir(), 'astra-api-keys-'));
    try {
      await service.signUp({ username: 'ada', email: 'ada@example.com', password: 'Analytical1' });
      await service.database.query(`UPDATE auth_users SET role = 'admin'`);
      const lines = [...page.matchAll(/^```console\n(.*?)^```/gms)].flatMap(([, block]) => block.split('\n'));
      const steps: { command: string; output: string }[] = [];
      for (const line of lines) {
        const last = steps.at(-1);
        if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
        else if (last?.command.endsWith('\\')) last.command += `\n${line}`;
        else if (last && line) last.output = line;
      }
      const commands = steps.map(({ command }) => command.replace('http://localhost:8000', service.origin));
      const script = commands.join(`\necho; echo '${BETWEEN}'\n`);
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder });
      const outputs = stdout.split(BETWEEN).map((text) => text.trim());
      expect(outputs).toHaveLength(steps.length);
      steps.forEach(({ command, output }, i) => {
        const shape = (text: string) => (text.startsWith('{') ? shapeOf(JSON.parse(text) as object) : text);
        expect([command, shape(outputs[i])]).toEqual([command, shape(output)]);
      });
    } finally {
      await service.stop();
      await rm(folder, { recursive: true });
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

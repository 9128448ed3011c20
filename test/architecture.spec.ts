import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestService } from './support/test-service.js';

const page = await readFile('docs/architecture.md', 'utf8');

/** The rows of the table whose first column has a heading: what stands between backticks in its cells. */
function rowsOf(heading: string): string[][] {
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`| ${heading} `)) + 2;
  const rows = lines.slice(
    first,
    lines.findIndex((line, i) => i > first && !line.startsWith('|')),
  );
  return rows.map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, text]) => text));
}

describe('the page about the architecture', () => {
  it('names the file of each route, and no other route', async () => {
    const service = await TestService.start({
      signInMethods: ['password', 'passkey', 'email-code'],
      webhooks: true,
    });
    try {
      const { body } = await service.get<{ paths: Record<string, object> }>('//openapi.json');
      const routes = Object.entries(body.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/^\/api\/v1/, '')}`),
      );
      const rows = rowsOf('route');
      expect(rows.map(([route]) => route).toSorted()).toEqual(routes.toSorted());
      for (const [route, file] of rows) {
        const [method, path] = route.split(' ');
        const source = await readFile(file, 'utf8');
        const decorator = `@${method[0]}${method.slice(1).toLowerCase()}(`;
        const last = path.split('/').at(-1)?.replace(/[{}]/g, '') as string;
        expect({ route, file, has: source.includes(decorator) && source.includes(last) }).toEqual({
          route,
          file,
          has: true,
        });
      }
    } finally {
      await service.stop();
    }
  });

  it('names each folder', () => {
    const named = rowsOf('folder').flat();
    const folders = (parent: string) =>
      readdirSync(parent, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(parent, name));
    const rooms = folders('src').flatMap((room) => (room === 'src/auth' ? folders(room) : [room]));
    expect(rooms.filter((room) => !named.includes(room))).toEqual([]);
  });

  it('names no file that is not there', () => {
    const files = [...page.matchAll(/`((?:src|test|migrations)\/[\w./-]+)`/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(60);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

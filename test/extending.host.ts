import { readFile } from 'node:fs/promises';

const root = new URL('../', import.meta.url);
const unindented = (code: string) => code.replaceAll(/^ +/gm, '');
const read = (path: string) => readFile(new URL(path, root), 'utf8');

it('shows in docs/extending.md only code that is tested', async () => {
  const page = await read('docs/extending.md');
  const blocks = [...page.matchAll(/<!-- (\S+) -->\n\n```ts\n(.*?)```/gs)];
  expect(page.match(/^```ts$/gm)).toHaveLength(blocks.length);
  for (const [, path, code] of blocks) {
    const source = (await read(path))
      .replaceAll("'../../src/index.js'", "'nestjs-astra'")
      // What the host of the tests needs for a guard of its own.
      .replaceAll(/^ *@HostPublic\(\)\n/gm, '');
    expect(unindented(source)).toContain(unindented(code));
  }
});

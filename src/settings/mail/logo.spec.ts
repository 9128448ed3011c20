import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLogo } from './logo.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-logo-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Buffer): Promise<string | null> {
  // The name says nothing about the type.
  const path = join(folder, 'logo.txt');
  await writeFile(path, content);
  return readLogo(path);
}

const png = Buffer.from('89504e470d0a1a0a0000', 'hex');
const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';

describe('A logo', () => {
  it.each<[string, string | Buffer, string]>([
    ['PNG', png, 'image/png'],
    ['WebP', Buffer.from('RIFF1234WEBPVP8 '), 'image/webp'],
    ['SVG', svg, 'image/svg+xml'],
    ['SVG with a byte order mark', `\uFEFF${svg}`, 'image/svg+xml'],
    [
      'SVG with what drawing programs write',
      `<?xml version="1.0"?>\n<!-- > -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">\n${svg}`,
      'image/svg+xml',
    ],
    ['64 KiB', Buffer.concat([png, Buffer.alloc(64 * 1024 - png.length)]), 'image/png'],
  ])('may be %s', async (_, content, type) => {
    expect(await read(content)).toBe(`data:${type};base64,${Buffer.from(content).toString('base64')}`);
  });

  it.each<[string, string | Buffer]>([
    ['empty', ''],
    ['a page', '<html><svg></svg></html>'],
    ['a script', 'alert("<svg>")'],
    ['a GIF', 'GIF89a'],
    ['no UTF-8', Buffer.concat([Buffer.from(svg), Buffer.from([0xff])])],
    ['SVG with entities', `<!DOCTYPE svg [<!ENTITY a "b">]>${svg}`],
    ['a byte longer than 64 KiB', Buffer.concat([png, Buffer.alloc(64 * 1024 - png.length + 1)])],
    ['a megabyte', svg + ' '.repeat(2 ** 20)],
  ])('may not be %s', async (_, content) => {
    expect(await read(content)).toBeNull();
  });

  it.each(['/no/such/logo.png', tmpdir(), '/dev/zero', ''])('may not be at "%s"', (path) => {
    expect(readLogo(path)).toBeNull();
  });
});

// The pages of the documentation, as Markdown on GitHub and as the site that is built from them: test/browser/site.browser.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages as shown } from '../../site/chapters.js';
import { versionsOf } from '../../site/versions.js';

const tracked = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).split('\n').filter(Boolean);
const pages = new Map(tracked.map((page) => [page, withoutCode(readFileSync(page, 'utf8'))]));

/** Text without blocks and spans of code, where nothing is a link. */
function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, '').replace(/(`+)[^`].*?\1/g, 'code');
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, 'utf8')
    .replace(/^```.*?^```/gms, '')
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links and pictures of a page, without those to other sites. */
function linksOf(text: string): string[] {
  const markdown = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => href);
  const html = [...text.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, href]) => href);
  return [...markdown, ...html].filter((href) => !/^[a-z]+:/.test(href));
}

/** Links that lead nowhere, as a reader on GitHub would find. */
function deadLinks(page: string, text: string): string[] {
  return linksOf(text).filter((href) => {
    const [path, anchor] = href.split('#');
    const file = path ? join(dirname(page), path) : page;
    if (!existsSync(file)) return true;
    return anchor !== undefined && !(file.endsWith('.md') && anchorsOf(file).includes(anchor));
  });
}

/** Badges of workflows of this repository that do not exist: they would always be grey. */
function untrueBadges(text: string): string[] {
  const badges = [...text.matchAll(/actions\/workflows\/([\w.-]+)/g)].map(([, name]) => name);
  return badges.filter((name) => !existsSync(join('.github/workflows', name)));
}

describe('the pages of the documentation', () => {
  it('have only links that lead somewhere', () => {
    const links = [...pages].flatMap(([, text]) => linksOf(text));
    expect(links.length).toBeGreaterThan(200);
    expect(
      [...pages].flatMap(([page, text]) => deadLinks(page, text).map((href) => `${page}: ${href}`)),
    ).toEqual([]);
  });

  it('have only badges of workflows that exist', () => {
    expect([...pages].flatMap(([, text]) => untrueBadges(text))).toEqual([]);
  });

  it('would not pass with dead links and made-up badges', () => {
    const planted = '[a](nothing.md) [b](docs/sessions.md#nothing) ![c](docs/images/none.png) [d](#start)';
    expect(deadLinks('README.md', planted)).toEqual([
      'nothing.md',
      'docs/sessions.md#nothing',
      'docs/images/none.png',
    ]);
    expect(untrueBadges('https://github.com/o/n/actions/workflows/nightly.yml/badge.svg')).toEqual([
      'nightly.yml',
    ]);
  });
});

describe('the site', () => {
  it('shows every page of docs/ once', () => {
    expect(shown.filter((page) => page.startsWith('docs/')).toSorted()).toEqual(
      tracked.filter((page) => page.startsWith('docs/')).toSorted(),
    );
    expect(shown.filter((page) => !statSync(page).isFile())).toEqual([]);
  });

  it('has a hash for everything that it is built with, from the registry of npm, and runs no script of it', () => {
    const { packages } = JSON.parse(readFileSync('site/package-lock.json', 'utf8')) as {
      packages: Record<string, { integrity?: string; resolved?: string; hasInstallScript?: boolean }>;
    };
    const locked = Object.entries(packages).filter(([path]) => path);
    expect(locked.length).toBeGreaterThan(50);
    const others = locked.filter(
      ([, { integrity, resolved = 'https://registry.npmjs.org/' }]) =>
        !integrity?.startsWith('sha512-') || !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(others.map(([path]) => path)).toEqual([]);
    const { allowScripts } = JSON.parse(readFileSync('site/package.json', 'utf8')) as {
      allowScripts: object;
    };
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(Object.fromEntries(scripted.map(([path]) => [path.split('node_modules/').at(-1), false]))).toEqual(
      allowScripts,
    );
    expect(readFileSync('site/.npmrc', 'utf8')).toContain('strict-allow-scripts=true');
  });

  it.each<[string, string[], string[]]>([
    ['what is not released, at its root', [], ['next at /']],
    ['a release, and what comes after it', ['v0.1.0'], ['v0.1.0 at /', 'next at /next/']],
    [
      'the last patch of each minor version, the newest at its root',
      ['v0.1.0', 'v0.1.1', 'v0.10.0', 'v0.9.2', 'v0.9.10', 'v1.0.0-rc.1', 'nightly'],
      ['v0.10.0 at /', 'v0.9.10 at /v0.9/', 'v0.1.1 at /v0.1/', 'next at /next/'],
    ],
    [
      'five minor versions at most',
      ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0', 'v1.4.0', 'v2.0.0'],
      [
        'v2.0.0 at /',
        'v1.4.0 at /v1.4/',
        'v1.3.0 at /v1.3/',
        'v1.2.0 at /v1.2/',
        'v1.1.0 at /v1.1/',
        'next at /next/',
      ],
    ],
  ])('shows %s', (_, tags, expected) => {
    expect(versionsOf(tags).map(({ name, folder }) => `${name} at /${folder}`)).toEqual(expected);
  });
});

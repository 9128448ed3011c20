import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { chapters } from '../chapters.ts';
import { asOnGitHub, slugify } from './markdown.mjs';

const root = new URL('../..', import.meta.url);
// Set by build.mjs, if there are several versions, or a repository to link to.
const { SITE_BASE = '/', SITE_VERSION = 'next', SITE_VERSIONS = '[]', SITE_FILES, SITE_OUT } = process.env;
/** Every version: its name, and its URL. */
const versions = JSON.parse(SITE_VERSIONS);

const titleOf = (page) => /^# (.+)$/m.exec(readFileSync(new URL(page, root), 'utf8'))[1];
const pathOf = (page) => `/${page.replace(/README\.md$/, '').replace(/\.md$/, '')}`;

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3451b2"/><path d="M16 5l2.6 8.4L27 16l-8.4 2.6L16 27l-2.6-8.4L5 16l8.4-2.6z" fill="#fff"/></svg>`;

export default defineConfig({
  title: 'Astra',
  description: 'User accounts and authentication for NestJS',
  lang: 'en',
  base: SITE_BASE,
  outDir: SITE_OUT ?? './dist',
  srcDir: '..',
  // Of the folders, only docs/ has pages.
  srcExclude: readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'docs')
    .map(({ name }) => `${name}/**`),
  // Links to other pages are checked; those to the reader's own machine are only meant there.
  ignoreDeadLinks: 'localhostLinks',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  markdown: {
    anchor: { slugify },
    config: (md) => asOnGitHub(md, SITE_FILES),
    // Colors that can be read on their background.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { console: 'shellsession' },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    externalLinkIcon: true,
    nav: [
      { text: 'Guide', link: '/docs/integration' },
      { text: 'API', link: '/api/', target: '_self' },
      ...(versions.length > 1
        ? [
            {
              text: SITE_VERSION,
              items: versions.map(({ name, url }) => ({
                text: name,
                link: url,
                target: '_self',
                noIcon: true,
              })),
            },
          ]
        : []),
    ],
    sidebar: Object.entries(chapters).map(([text, pages]) => ({
      text,
      items: pages.map((page) => ({ text: titleOf(page), link: pathOf(page) })),
    })),
  },
});

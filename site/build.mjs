// Builds the site in site/dist: pages, search and API of the checkout, and of each earlier version that has a tag.
//
// In GitHub Actions, files of the repository are linked, and paths begin with the name of the repository, as GitHub Pages
// serves them. SITE_URL names another place, such as https://docs.example.com/.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionsOf } from './versions.ts';

const root = new URL('..', import.meta.url).pathname;
const out = join(root, 'site/dist');
const { GITHUB_REPOSITORY, GITHUB_SERVER_URL, SITE_URL } = process.env;
const [owner, name] = GITHUB_REPOSITORY?.split('/') ?? [];
const site = new URL(
  SITE_URL || (owner ? `https://${owner.toLowerCase()}.github.io/${name}/` : 'http://localhost/'),
);

const run = (cwd, env, command, ...args) =>
  execFileSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const versions = versionsOf(git('tag').split('\n'));
const urls = versions.map(({ name, folder }) => ({ name, url: new URL(folder, site).href }));
rmSync(out, { recursive: true, force: true });

/** Builds a version from its sources, with the tools of that version. */
function build(sources, { name, folder, tag }) {
  const env = {
    SITE_OUT: join(out, folder),
    SITE_BASE: new URL(folder, site).pathname,
    SITE_VERSION: name,
    SITE_VERSIONS: JSON.stringify(urls),
    ...(owner && { SITE_FILES: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/${tag ?? 'main'}` }),
  };
  run(join(sources, 'site'), env, 'npm', 'run', 'pages');
  run(join(sources, 'site'), env, 'npm', 'run', 'api');
}

for (const version of versions) {
  if (!version.tag) {
    build(root, version);
    continue;
  }
  const sources = mkdtempSync(join(tmpdir(), 'astra-site-'));
  git('worktree', 'add', '--force', '--detach', sources, version.tag);
  try {
    for (const folder of [sources, join(sources, 'site')]) run(folder, {}, 'npm', 'ci', '--ignore-scripts');
    build(sources, version);
  } finally {
    git('worktree', 'remove', '--force', sources);
  }
}

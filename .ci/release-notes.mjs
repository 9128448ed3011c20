// Prints the notes of a release: node .ci/release-notes.mjs v1.2.3 [ghcr.io/owner/name@sha256:…]
//
// Fails if the tag, package.json and CHANGELOG.md do not name the same version, so that no tag publishes another one.
import { readFile } from 'node:fs/promises';

/** The section of a version in the changelog, without its heading. */
function changesOf(version, changelog) {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}] - `));
  if (!section) throw new Error(`CHANGELOG.md has no section "## [${version}] - <date>".`);
  const [heading, ...lines] = section.split('\n');
  if (!/ - \d{4}-\d\d-\d\d$/.test(heading))
    throw new Error(`"## ${heading}" in CHANGELOG.md needs a date, such as 2026-11-28.`);
  const changes = lines.join('\n').trim();
  if (!changes) throw new Error(`The section of ${version} in CHANGELOG.md is empty.`);
  return changes;
}

const [tag = '', image] = process.argv.slice(2);
try {
  const { name, version } = JSON.parse(await readFile('package.json', 'utf8'));
  if (tag !== `v${version}`)
    throw new Error(`The tag is ${tag || 'missing'}, but package.json has version ${version}.`);
  const parts = [
    changesOf(version, await readFile('CHANGELOG.md', 'utf8')),
    ...(image ? [`### Image\n\n\`${image}\``] : []),
    `### Package\n\n\`npm install ${name}@${version}\``,
  ];
  process.stdout.write(`${parts.join('\n\n')}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

// The pages are written for GitHub. What it shows differently from VitePress is translated here.
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { renderMermaidSVG } from 'beautiful-mermaid';
import { pages } from '../chapters.ts';

const root = new URL('../..', import.meta.url).pathname;

/** The anchor that GitHub gives to a heading. */
export const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');

/**
 * Where a link of a page leads on the site.
 *
 * @param from - The folder of the page, in the repository.
 * @param repository - URL of the files of this version, such as https://github.com/owner/name/blob/v1.2.3; without it, links
 *   to other files than pages lead nowhere.
 * @throws {Error} if there is no such file.
 */
export function resolveLink(href, from, repository) {
  if (/^([a-z][a-z\d+.-]*:|#|\/)/i.test(href)) return href;
  const [, path, anchor] = /^([^#]*)(#.*)?$/.exec(href);
  const file = posix.join(from, decodeURI(path)).replace(/\/$/, '');
  if (!existsSync(join(root, file)))
    throw new Error(`A page in "${from}" links to ${href}, which does not exist.`);
  if (pages.includes(file))
    return `${posix.relative(from, file).replace('README.md', 'index.md')}${anchor ?? ''}`;
  if (!repository) return undefined;
  return `${statSync(join(root, file)).isDirectory() ? repository.replace('/blob/', '/tree/') : repository}/${file}${anchor ?? ''}`;
}

/** A plugin of markdown-it. */
export function asOnGitHub(md, repository) {
  md.core.ruler.push('links', ({ tokens, env }) => {
    const from = posix.dirname(env.relativePath ?? '.');
    for (const { children } of tokens) if (children) children.splice(0, Infinity, ...linked(children, from));
  });
  const linked = (children, from) => {
    const unlinked = [];
    return children.filter((token) => {
      if (token.type === 'link_close') return !unlinked.pop();
      if (token.type !== 'link_open') return true;
      const href = resolveLink(token.attrGet('href'), from, repository);
      unlinked.push(href === undefined);
      token.attrSet('href', href ?? '');
      return href !== undefined;
    });
  };

  // VitePress takes "images/x.png" in HTML for a package.
  for (const rule of ['html_block', 'html_inline']) {
    const render = md.renderer.rules[rule];
    md.renderer.rules[rule] = (...args) => render(...args).replaceAll('src="images/', 'src="./images/');
  }

  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, ...rest) =>
    tokens[index].info.trim() === 'mermaid' ? diagram(tokens[index].content) : fence(tokens, index, ...rest);
}

/** Drawn now, so that readers load no library. Its styles are in theme/style.css, without the font of another server. */
function diagram(code) {
  const svg = renderMermaidSVG(code, { transparent: true }).replace(/<style>.*?<\/style>/s, '');
  return `<div class="diagram" role="img" aria-label="Diagram" tabindex="0" v-pre>${svg.replace(/ style="[^"]*"/, '')}</div>`;
}

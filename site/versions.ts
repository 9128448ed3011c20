/** As many minor versions keep a documentation of their own. */
const KEPT = 5;

export interface Version {
  readonly name: string;
  /** On the site, with a trailing slash; empty for its root. */
  readonly folder: string;
  /** To build it from; none for the checkout. */
  readonly tag?: string;
}

/**
 * Which versions the site shows, and where. The newest release is at its root. What is not released yet is below next/, or at
 * the root until there is a release.
 *
 * @param tags - All tags of the repository, such as v1.2.3.
 */
export function versionsOf(tags: readonly string[]): Version[] {
  const releases = tags
    .map((tag) => /^v(\d+)\.(\d+)\.(\d+)$/.exec(tag))
    .filter((match) => match !== null)
    .map(([tag, ...numbers]) => ({ tag, numbers: numbers.map(Number) }))
    .sort(
      (a, b) => b.numbers.map((number, i) => number - a.numbers[i]).find((difference) => difference) ?? 0,
    );
  // The patches of a minor version share a documentation, which is that of the last one.
  const minors = [...Map.groupBy(releases, ({ numbers }) => numbers.slice(0, 2).join('.')).values()];
  const shown = minors.slice(0, KEPT).map(([{ tag, numbers }], i) => ({
    ...{ name: tag, tag },
    folder: i === 0 ? '' : `v${numbers.slice(0, 2).join('.')}/`,
  }));
  return [...shown, { name: 'next', folder: shown.length > 0 ? 'next/' : '' }];
}

import { isServiceLink } from './service-links.js';
import type { Setting } from '../settings/setting.js';
import { settings } from '../settings/settings.js';

/** Variables that are not settings. */
export interface UnknownSettings {
  /** Probably misspelled settings: the name, and a sentence about it. */
  readonly slips: readonly (readonly [name: string, sentence: string])[];
  /** Names that resemble settings but probably belong to other programs. */
  readonly foreign: readonly string[];
}

/**
 * Finds variables that are not settings but were probably meant to be.
 *
 * @param ownNames - Variables from Astra's own `.env`. There, any similar name is a mistake. Elsewhere, a short name
 *   may belong to the machine, and one that resembles no setting to another program.
 * @param ofProviders - Names of all settings that providers can have.
 */
export function unknownSettings(
  variables: Record<string, string | undefined>,
  ownNames: readonly string[],
  ofProviders: readonly string[],
): UnknownSettings {
  const ofService = Object.entries<Setting>(settings).flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : name,
  );
  const known = [...ofService, ...ofProviders];
  const slips: [string, string][] = [];
  const foreign: string[] = [];
  for (const [name, given] of Object.entries(variables)) {
    if (!given || known.includes(name) || isServiceLink(name, given) || foreignNames.test(name)) continue;
    const isOwn = ownNames.includes(name);
    const hasOurPrefix = ourPrefixes.test(name);
    const meant = closest(name.toUpperCase(), known, reachOf(name, hasOurPrefix, isOwn));
    const isSlip = hasOurPrefix ? isOwn || meant : meant && (name.length >= 8 || isOwn);
    if (isSlip)
      slips.push([
        name,
        `${name} is not a setting${meant ? `; did you mean ${meant}?` : ', see .env.example'}`,
      ]);
    else if (hasOurPrefix) foreign.push(name);
  }
  return { slips, foreign };
}

/** Returns a line for the log about ignored variables; empty if there are none. */
export function foreignNotice(names: readonly string[]): string[] {
  return names.length === 0
    ? []
    : [`Ignored unknown variables: ${names.join(', ')}. The settings are in .env.example.`];
}

/** Returns the maximum edit distance between a name and the intended setting. */
function reachOf({ length }: string, hasOurPrefix: boolean, isOwn: boolean): number {
  if (!hasOurPrefix) return length < 8 ? 1 : 2;
  return Math.max(2, Math.floor(length / (isOwn ? 2 : 4)));
}

/** Prefixes of Astra's settings, some of which other programs use as well. */
const ourPrefixes =
  /^(ASTRA|ACCESS_TOKEN|REFRESH|SESSION|PASSWORD|EMAIL|REGISTRATION|RATE_LIMIT|TRUSTED|CORS|JWT|LEGACY|POSTGRES|SMTP|MAIL|METRICS|AUDIT|ADMIN|OIDC)_/;

/** Variables of the postgres image, X11 and pass. */
const foreignNames =
  /^(POSTGRES_(INITDB_ARGS|INITDB_WALDIR|HOST_AUTH_METHOD)|SESSION_MANAGER|PASSWORD_STORE_\w+)$/;

/** Returns the candidate with the smallest edit distance, if it is at most `reach`. */
function closest(name: string, candidates: readonly string[], reach: number): string | undefined {
  return candidates
    .map((candidate) => ({
      candidate,
      slips: Math.min(slipsBetween(name, candidate), hasAddition(name, candidate) ? 2 : Infinity),
    }))
    .filter(({ slips }) => slips <= reach)
    .sort((a, b) => a.slips - b.slips)[0]?.candidate;
}

/**
 * Returns whether a name is a setting with a prefix or suffix, such as `ASTRA_SECRET_KEY` and `POSTGRES_USER_FILE`.
 * Short settings, such as HOST, are part of too many other names.
 */
function hasAddition(name: string, candidate: string): boolean {
  const isPart = name.endsWith(`_${candidate}`) || name.startsWith(`${candidate}_`);
  return isPart && candidate.length >= 8 && ourPrefixes.test(name);
}

/**
 * Returns the number of letters to insert, delete, replace or swap with a neighbor (optimal string alignment distance).
 */
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i][j] = Math.min(
        replaced,
        rows[i - 1][j] + 1,
        rows[i][j - 1] + 1,
        isSwap ? rows[i - 2][j - 2] + 1 : Infinity,
      );
    }
  }
  return rows[a.length][b.length];
}

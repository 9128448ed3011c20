import { isServiceLink } from './service-links.js';
import type { Setting } from '../settings/setting.js';
import { settings } from '../settings/settings.js';

/** Variables that are no settings, by what is to be done about them. */
export interface UnknownSettings {
  /** Probably meant to be a setting: its name, and what to say. */
  readonly slips: readonly (readonly [name: string, sentence: string])[];
  /** Named like ours, but for somebody else, as far as can be told. */
  readonly foreign: readonly string[];
}

/**
 * Finds variables that are no settings but were probably meant to be.
 *
 * @param ownNames - Variables that our own `.env` names. There any name like ours is a slip; elsewhere a short one may
 *   belong to the machine, and one that resembles no setting to another program that shares its variables with us.
 */
export function unknownSettings(
  variables: Record<string, string | undefined>,
  ownNames: readonly string[],
): UnknownSettings {
  const known = Object.entries<Setting>(settings).flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : name,
  );
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

/** @returns a line about variables that are named like ours and were left alone, if there are any. */
export function foreignNotice(names: readonly string[]): string[] {
  return names.length === 0
    ? []
    : [`Ignored unknown variables: ${names.join(', ')}. The settings are in .env.example.`];
}

/** How many slips may lie between a name and the setting that was meant. */
function reachOf({ length }: string, hasOurPrefix: boolean, isOwn: boolean): number {
  if (!hasOurPrefix) return length < 8 ? 1 : 2;
  return Math.max(2, Math.floor(length / (isOwn ? 2 : 4)));
}

const ourPrefixes =
  /^(ASTRA|ACCESS_TOKEN|REFRESH|SESSION|PASSWORD|EMAIL|REGISTRATION|RATE_LIMIT|TRUSTED|CORS|JWT|LEGACY|POSTGRES|SMTP|MAIL|METRICS|AUDIT|ADMIN)_/;

/** Of the postgres image, of X11 and of pass. */
const foreignNames =
  /^(POSTGRES_(INITDB_ARGS|INITDB_WALDIR|HOST_AUTH_METHOD)|SESSION_MANAGER|PASSWORD_STORE_\w+)$/;

/** The candidate that the fewest slips turn into `name`, if at most `reach` do. */
function closest(name: string, candidates: readonly string[], reach: number): string | undefined {
  return candidates
    .map((candidate) => ({
      candidate,
      slips: Math.min(slipsBetween(name, candidate), hasAddition(name, candidate) ? 2 : Infinity),
    }))
    .filter(({ slips }) => slips <= reach)
    .sort((a, b) => a.slips - b.slips)[0]?.candidate;
}

/** `ASTRA_SECRET_KEY` and `POSTGRES_USER_FILE` mean a setting. A short name, such as HOST, is part of too many others. */
function hasAddition(name: string, candidate: string): boolean {
  const isPart = name.endsWith(`_${candidate}`) || name.startsWith(`${candidate}_`);
  return isPart && candidate.length >= 8 && ourPrefixes.test(name);
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment distance). */
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

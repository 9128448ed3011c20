import { type Setting, settings } from './settings.js';

/**
 * Finds variables that are no settings but were probably meant to be.
 *
 * @param ownNames - Variables that our own `.env` names. There any name that resembles a setting is a slip;
 *   elsewhere a short one may belong to the machine.
 * @returns for each of them its name, and what to say.
 */
export function unknownSettings(
  variables: Record<string, string | undefined>,
  ownNames: readonly string[],
): [name: string, sentence: string][] {
  const known = Object.entries<Setting>(settings).flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : name,
  );
  return Object.entries(variables).flatMap(([name, given]) => {
    if (!given || known.includes(name) || isForeign(name, given)) return [];
    const hasOurPrefix = ourPrefixes.test(name);
    const reach = hasOurPrefix ? Math.floor(name.length / 2) : name.length < 8 ? 1 : 2;
    const meant = closest(name.toUpperCase(), known, reach);
    if (!hasOurPrefix && !(meant && (name.length >= 8 || ownNames.includes(name)))) return [];
    return [[name, `${name} is not a setting${meant ? `; did you mean ${meant}?` : ', see .env.example'}`]];
  });
}

const ourPrefixes =
  /^(ASTRA|ACCESS_TOKEN|REFRESH|SESSION|PASSWORD|EMAIL|REGISTRATION|RATE_LIMIT|TRUSTED|CORS|JWT|LEGACY|POSTGRES|SMTP|MAIL|METRICS|AUDIT|ADMIN)_/;

/** Of the postgres image, of X11 and of pass. */
const foreignNames =
  /^(POSTGRES_(INITDB_ARGS|INITDB_WALDIR|HOST_AUTH_METHOD)|SESSION_MANAGER|PASSWORD_STORE_\w+)$/;

/** What Kubernetes sets for each service of the namespace, which may be called "mail" or "astra". */
const serviceLinks = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

function isForeign(name: string, value: string): boolean {
  const isLink = serviceLinks.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));
  return isLink || foreignNames.test(name);
}

/** The candidate that the fewest slips of the keyboard turn into `name`, if at most `reach` do. */
function closest(name: string, candidates: readonly string[], reach: number): string | undefined {
  return candidates
    .map((candidate) => ({ candidate, slips: slipsBetween(name, candidate) }))
    .filter(({ slips }) => slips <= reach)
    .sort((a, b) => a.slips - b.slips)[0]?.candidate;
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

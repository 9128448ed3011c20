import { v7 as uuid } from 'uuid';
import { Role } from '../../settings/role.js';
import type { CopiedUser } from '../../users/bulk/copy-users.js';

/** Suffix of all generated email addresses. `.example` is reserved (RFC 2606), so no message reaches a real person. */
export const MADE_UP_DOMAIN = '.seed.example';

/** Options for generated users. */
export interface MadeUpOptions {
  count: number;
  /** Seed of the random numbers; the same seed generates the same users. */
  seed: number;
  passwordHash: string | null;
  /** Deletion time of the deleted ones among them. */
  deletedAt: Date;
}

const FROM = Date.UTC(2020, 0, 1);
const UNTIL = Date.UTC(2026, 0, 1);
const DAY = 24 * 60 * 60 * 1000;

// Ordered from frequent to rare.
const GIVEN =
  `Anna Emma Noah Liam Olivia Mia Lucas Sofia Leon Marie Ben Elena Paul Clara Hugo Laura Max Nina David Julia
   Felix Sarah Jonas Lena Oscar Eva Samuel Maria Jan Ida Tom Alice Adam Zoë Erik Chloé Ali Fatima Omar Aisha Yusuf Leïla
   Mateo Lucía José Carmen Diego Inés João Beatriz Tiago Giulia Marco Chiara Luca Agnieszka Piotr Zofia Jakub Łucja
   Ondřej Tereza Matúš Ilona Bence Réka Andrei Ioana Nikola Jelena Søren Freja Bjørn Astrid Åsa Lars Aino Väinö
   Sinéad Oisín Niamh Rhys Priya Arjun Ananya Vikram Mei Wei Linh Minh Siti Budi Kwame Ama Chidi Ngozi Thabo Zanele
   Grace Ada Alan Edsger Barbara Donald Margaret Ken Radia Linus Xanthippe Quirin`.split(/\s+/);
const FAMILY =
  `Müller Smith García Rossi Nowak Silva Martin Novák Jensen Johansson Andersen Schmidt Jones Fernández Russo
   Kowalski Santos Bernard Svoboda Nielsen Karlsson Hansen Schneider Williams González Ferrari Wiśniewski Oliveira Dubois
   Dvořák Kim Lee Nguyen Tran Chen Wang Singh Kumar Patel Sharma Khan Ahmed Hassan Ibrahim Yılmaz Kaya Demir Popescu
   Ionescu Nagy Kovács Tóth Horvat Petrović Jovanović Virtanen Korhonen O'Brien Murphy O'Connor MacLeod Davies Evans
   Weber Wagner Becker Fischer Bauer Huber Gruber Keller Meier Peeters Janssens Vries Bakker Visser Lefèvre Moreau
   Girard Rey Okafor Mensah Dlamini Nkosi Abebe Tadesse Tanaka Suzuki Takahashi Costa Almeida Ribeiro Vargas Castillo
   Ruiz Ortega Lovelace Hopper Turing Dijkstra Liskov Knuth Hamilton Thompson Perlman Quetzal Xylander`.split(
    /\s+/,
  );
/** Full name in its own script, and in ASCII. */
const OTHER_SCRIPTS = [
  ['山田 太郎', 'taro.yamada'],
  ['佐藤 花子', 'hanako.sato'],
  ['王 伟', 'wei.wang'],
  ['김 서연', 'seoyeon.kim'],
  ['Ольга Иванова', 'olga.ivanova'],
  ['Дмитро Шевченко', 'dmytro.shevchenko'],
  ['Ελένη Παπαδοπούλου', 'eleni.papadopoulou'],
  ['محمد العلي', 'mohammed.alali'],
  ['נועה כהן', 'noa.cohen'],
  ['प्रिया शर्मा', 'priya.sharma'],
] as const;
const DOMAINS = ['mail', 'post', 'inbox', 'northwind', 'contoso', 'uni', 'city', 'zebra-logistics', 'qvx'];

/**
 * Generates users with a realistic distribution: few admins, some frequent and some rare names, a few without a full
 * name, and a growing number of registrations. Ordered by `createdAt`; the first is an admin.
 */
export function* madeUpUsers({ count, seed, passwordHash, deletedAt }: MadeUpOptions): Generator<CopiedUser> {
  const random = randomNumbers(seed);
  const oneIn = (n: number) => random() < 1 / n;
  for (let i = 0; i < count; i++) {
    const [fullName, handle] = makeUpName(random);
    // The number makes it unique.
    const username = `${handle}${i}`;
    const createdAt = new Date(FROM + Math.sqrt((i + random()) / count) * (UNTIL - FROM));
    const isFirst = i === 0;
    yield {
      id: uuid({ msecs: createdAt.getTime(), random: randomBytes(random) }),
      username,
      email: `${username.toLowerCase()}@${pick(DOMAINS, random)}${MADE_UP_DOMAIN}`,
      emailVerifiedAt: oneIn(7) ? null : new Date(createdAt.getTime() + random() * DAY),
      fullName: oneIn(10) ? null : fullName,
      passwordHash,
      role: isFirst || oneIn(20_000) ? Role.Admin : oneIn(200) ? Role.Moderator : Role.User,
      isActive: !oneIn(50) || isFirst,
      deletedAt: oneIn(200) && !isFirst ? deletedAt : null,
      createdAt,
      updatedAt: createdAt,
    };
  }
}

/** Returns a full name and the start of a username. */
function makeUpName(random: () => number): [fullName: string, handle: string] {
  if (random() < 0.03) {
    const [fullName, handle] = OTHER_SCRIPTS[Math.floor(random() * OTHER_SCRIPTS.length)];
    return [fullName, `${handle}_`];
  }
  const [given, family] = [pick(GIVEN, random), pick(FAMILY, random)];
  const [g, f] = [given, family].map(toAscii);
  const handles = [`${g}.${f}`, `${g}_${f}`, `${g}${f}`, `${f}-${g}`, g[0] + f, g, `${f}.`, `the_real_${g}`];
  const handle = handles[Math.floor(random() * handles.length)];
  const fullName = `${given} ${family}${random() < 0.001 ? ' 🌻' : ''}`;
  return [fullName, random() < 0.2 ? handle : handle.toLowerCase()];
}

/** Picks an element, with a preference for the first ones. */
function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() ** 2 * from.length)];
}

function toAscii(name: string): string {
  const others: Record<string, string> = { ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', ı: 'i' };
  return name
    .normalize('NFD')
    .replace(/[øØłŁı]/g, (letter) => others[letter])
    .replace(/[^A-Za-z]/g, '');
}

/** Returns a generator of numbers from 0 (inclusive) to 1 (exclusive), determined by the seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomBytes(random: () => number): Uint8Array {
  return Uint8Array.from({ length: 16 }, () => random() * 256);
}

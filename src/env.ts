import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Environment, environmentOf } from './env/environment.js';
import { conflicts, developmentSwitches, productionConflicts } from './env/rules/conflicts.js';
import { developmentWarnings, productionWarnings } from './env/rules/production-warnings.js';
import { parseEnvFile } from './env/env-file.js';
import type { Setting } from './env/settings/setting.js';
import { settings, type SettingValues } from './env/settings/settings.js';
import { isServiceLink, serviceLinkNotice } from './env/rules/service-links.js';
import { foreignNotice, unknownSettings } from './env/rules/unknown.js';

/** Also half of one: `docker run --env-file` cuts a file of Windows into lines and leaves each its CR. */
const LINE_BREAK = /(\r\n|\n|\r)$/;

type Refuse = (name: string, sentence: string) => void;

export type { Environment };

/** Variables as a process has them. */
export type Variables = Record<string, string | undefined>;

/** All that is wrong with the settings: a line for each, with its name and what it may be, never its value. */
export class SettingsError extends Error {
  /** @param problems - A sentence for each of them. */
  constructor(readonly problems: readonly string[]) {
    super(['Invalid settings:', ...problems].join('\n  '));
    this.name = 'SettingsError';
  }
}

/**
 * Reads the environment and, for variables that it lacks, `.env`.
 *
 * @param variables - Get what `.env` has and they lack, for libraries that read them.
 * @throws {SettingsError} as {@link readEnvironment}, and if `.env` is there but cannot be read, or a line of it can be
 *   read in two ways.
 */
export function loadEnvironment(variables: Variables = process.env, path = '.env'): Environment {
  const { values, problems } = parseEnvFile(readIfThere(path));
  if (problems.length > 0) throw new SettingsError(problems);
  for (const [name, value] of Object.entries(values)) variables[name] ??= value;
  return readEnvironment(variables, { ownNames: Object.keys(values) });
}

/** Nothing, if there is no such file. */
function readIfThere(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array();
    throw new SettingsError(['.env must be a file that can be read']);
  }
}

/** All that a command has to know of a host application. Its other variables are its own, whatever they are called. */
const ofHosts: readonly (keyof typeof settings)[] = [
  'DATABASE_URL',
  'POSTGRES_HOST',
  'POSTGRES_PORT',
  'POSTGRES_USER',
  'POSTGRES_PASSWORD',
  'POSTGRES_DB',
  'SECRET_KEY',
  'SECRET_KEY_PREVIOUS',
];

/**
 * Reads what a command needs in the folder of a host application: where the database is, the secret and, from
 * `DATABASE_SCHEMA`, the schema of Astra's tables. Nothing else is looked at.
 *
 * @throws {SettingsError} naming each of them that is wrong or missing.
 */
export function loadHostEnvironment(variables: Variables = process.env, path = '.env'): Environment {
  // As applications read it, for whom it was written; a line that could be read otherwise is their affair.
  const all = { ...parseEnv(new TextDecoder().decode(readIfThere(path))), ...variables };
  const isByParts = !all.DATABASE_URL && all.POSTGRES_HOST !== undefined;
  const names = ofHosts.filter((name) => isByParts || !name.startsWith('POSTGRES_'));
  const env = readEnvironment(
    Object.fromEntries(names.flatMap((name) => [name, `${name}_FILE`]).map((name) => [name, all[name]])),
  );
  const missing = [
    ...('embedded' in env.database
      ? ["DATABASE_URL must be set: the URL of the application's database"]
      : []),
    ...(env.auth.secretKey ? [] : ["SECRET_KEY must be set: the application's `secretKey`"]),
  ];
  if (missing.length > 0) throw new SettingsError(missing);
  return { ...env, guest: { schema: all.DATABASE_SCHEMA || undefined } };
}

/** How many threads libuv has for hashes, files and names. No setting of ours: it reads this before `.env` is read. */
export function threadPoolSize(variables: Variables = process.env): number {
  return Number(variables.UV_THREADPOOL_SIZE) || 4;
}

/**
 * Checks the settings and fills in their defaults. An empty variable counts as unset.
 *
 * @param options.ownNames - Variables that our own `.env` names. There any name that resembles a setting is a slip;
 *   elsewhere a short one may belong to the machine.
 * @throws {SettingsError} naming every setting that is wrong, missing, unknown, or does not go with another.
 */
export function readEnvironment(
  variables: Variables,
  { ownNames = [] as readonly string[] } = {},
): Environment {
  const problems = new Map<string, string>();
  const refuse: Refuse = (name, sentence) => {
    if (!problems.has(name)) problems.set(name, sentence); // the first is the cause of those after it
  };

  const links = Object.keys(settings).filter((name) => isServiceLink(name, variables[name]));
  const given = { ...variables, ...Object.fromEntries(links.map((name) => [name, undefined])) };
  const entries = Object.entries<Setting>(settings);
  const parsed = entries.map(([name, setting]) => [name, valueOf(name, setting, given, refuse)]);
  const values = Object.fromEntries(parsed) as SettingValues; // what each `is` made, as the type says
  const isProduction = values.NODE_ENV === 'production';
  const rules = isProduction ? [...conflicts, ...productionConflicts] : conflicts;
  for (const [name, demand, isBroken] of rules) if (isBroken(values)) refuse(name, `${name} ${demand}`);
  const { slips, foreign } = unknownSettings(variables, ownNames);
  for (const [name, sentence] of slips) refuse(name, sentence);

  if (isProduction) for (const [name, sentence] of developmentSwitches(variables)) refuse(name, sentence);
  if (problems.size > 0) throw new SettingsError([...problems.values()]);

  const unwise = (isProduction ? productionWarnings : developmentWarnings).filter(([, , isUnwise]) =>
    isUnwise(values),
  );
  const warnings = [
    ...unwise.map(([name, sentence]) => `${name} ${sentence}`),
    ...serviceLinkNotice(links),
    ...foreignNotice(foreign),
  ];
  return environmentOf(values, warnings);
}

function valueOf(name: string, setting: Setting, variables: Variables, refuse: Refuse): unknown {
  const given = (setting.secret && secretOf(name, variables, refuse)) || variables[name];
  const value = given ? setting.is.parse(given) : undefined;
  if (given && value === undefined) refuse(name, `${name} must be ${setting.is.mayBe}`);
  return value ?? (setting.default === undefined ? undefined : setting.is.parse(setting.default));
}

/** A secret, from its variable or its file. Either may have a line break at its end, as an editor or `echo` leaves it. */
function secretOf(name: string, variables: Variables, refuse: Refuse): string | undefined {
  const path = variables[`${name}_FILE`];
  if (!path) return variables[name]?.replace(LINE_BREAK, '');
  if (variables[name]) refuse(name, `${name} and ${name}_FILE must not both be set`);
  try {
    const content = new TextDecoder('utf-8', { fatal: true })
      .decode(readFileSync(path))
      .replace(LINE_BREAK, '');
    if (content) return content;
  } catch {
    // Not passed on: Node's message shows the path, which is a secret if it was put into the wrong variable.
  }
  refuse(name, `${name}_FILE must be the path of a file that can be read, is UTF-8 and is not empty`);
  return undefined;
}

import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Environment, environmentOf } from './env/environment.js';
import { conflicts, developmentSwitches, productionConflicts } from './env/rules/conflicts.js';
import { developmentWarnings, productionWarnings } from './env/rules/production-warnings.js';
import { parseEnvFile } from './env/env-file.js';
import { readProviders } from './env/settings/provider-settings.js';
import type { Setting } from './env/settings/setting.js';
import { settings, type SettingValues } from './env/settings/settings.js';
import { isServiceLink, serviceLinkNotice } from './env/rules/service-links.js';
import { foreignNotice, unknownSettings } from './env/rules/unknown.js';

/** Also CR alone: `docker run --env-file` splits a Windows file into lines and leaves each its CR. */
const LINE_BREAK = /(\r\n|\n|\r)$/;

type Refuse = (name: string, sentence: string) => void;

export type { Environment };

/** Environment variables of a process. */
export type Variables = Record<string, string | undefined>;

/** Invalid settings: one line each, with the name and valid values, but never the value. */
export class SettingsError extends Error {
  /** @param problems - One sentence each. */
  constructor(readonly problems: readonly string[]) {
    super(['Invalid settings:', ...problems].join('\n  '));
    this.name = 'SettingsError';
  }
}

/**
 * Reads the environment and, for missing variables, `.env`.
 *
 * @param variables - Receives the additional variables of `.env`, for libraries that read them.
 * @throws {SettingsError} like {@link readEnvironment}, and if `.env` exists but cannot be read, or contains an
 *   ambiguous line.
 */
export function loadEnvironment(variables: Variables = process.env, path = '.env'): Environment {
  const { values, problems } = parseEnvFile(readIfThere(path));
  if (problems.length > 0) throw new SettingsError(problems);
  for (const [name, value] of Object.entries(values)) variables[name] ??= value;
  return readEnvironment(variables, { ownNames: Object.keys(values) });
}

/** Reads a file; empty if it does not exist. */
function readIfThere(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array();
    throw new SettingsError(['the file .env cannot be read']);
  }
}

/**
 * Variables that a command reads in the folder of a host application. The host's other variables may have any meaning.
 */
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
 * Reads the variables that a command needs in the folder of a host application: the database, the secret and, from
 * `DATABASE_SCHEMA`, the schema of Astra's tables. All others are ignored.
 *
 * @throws {SettingsError} with all invalid or missing variables.
 */
export function loadHostEnvironment(variables: Variables = process.env, path = '.env'): Environment {
  // Parsed like in applications, for which the file was written; ambiguous lines are not rejected.
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

/**
 * Returns the number of libuv threads for hashes, files and DNS lookups. Not a setting: libuv reads it before `.env` is
 * read.
 */
export function threadPoolSize(variables: Variables = process.env): number {
  return Number(variables.UV_THREADPOOL_SIZE) || 4;
}

/**
 * Validates the settings and adds defaults. An empty variable counts as unset.
 *
 * @param options.ownNames - Variables from Astra's own `.env`. There, any name that resembles a setting is a mistake;
 *   elsewhere, a short one may belong to the machine.
 * @throws {SettingsError} with all settings that are invalid, missing, unknown, or in conflict with others.
 */
export function readEnvironment(
  variables: Variables,
  { ownNames = [] as readonly string[] } = {},
): Environment {
  const problems = new Map<string, string>();
  const refuse: Refuse = (name, sentence) => {
    if (!problems.has(name)) problems.set(name, sentence); // the first problem causes the later ones
  };

  const links = Object.keys(settings).filter((name) => isServiceLink(name, variables[name]));
  const given = { ...variables, ...Object.fromEntries(links.map((name) => [name, undefined])) };
  const entries = Object.entries<Setting>(settings);
  const parsed = entries.map(([name, setting]) => [name, valueOf(name, setting, given, refuse)]);
  const values = Object.fromEntries(parsed) as SettingValues; // as parsed by each `is`, which the type reflects
  const isProduction = values.NODE_ENV === 'production';
  const rules = isProduction ? [...conflicts, ...productionConflicts] : conflicts;
  for (const [name, demand, isBroken] of rules) if (isBroken(values)) refuse(name, `${name} ${demand}`);
  const read = (name: string, setting: Pick<Setting, 'is' | 'secret'>) =>
    valueOf(name, setting, given, refuse);
  const { providers, known } = readProviders(given, read, refuse, !isProduction);
  const { slips, foreign } = unknownSettings(variables, ownNames, known);
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
  return environmentOf(values, providers, warnings);
}

/** Returns the parsed value of a setting, or its default. An invalid value is reported without being shown. */
function valueOf(
  name: string,
  setting: Pick<Setting, 'is' | 'secret' | 'default'>,
  variables: Variables,
  refuse: Refuse,
): unknown {
  const given = (setting.secret && secretOf(name, variables, refuse)) || variables[name];
  const value = given ? setting.is.parse(given) : undefined;
  if (given && value === undefined) refuse(name, `${name} must be ${setting.is.mayBe}`);
  return value ?? (setting.default === undefined ? undefined : setting.is.parse(setting.default));
}

/** Reads a secret from its variable or its file. A trailing line break, added by an editor or `echo`, is removed. */
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
    // Not included: the message of Node.js contains the path, which may be a secret in the wrong variable.
  }
  refuse(name, `${name}_FILE must be the path of a file that can be read, is UTF-8 and is not empty`);
  return undefined;
}

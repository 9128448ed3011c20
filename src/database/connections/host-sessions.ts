import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

/**
 * Required settings of the sessions of a host's DataSource, as Postgres displays them. All others, such as time limits
 * and the time zone, are up to the host.
 */
const needed: Readonly<Record<string, RegExp>> = {
  // Row locks and conditional statements decide races, so they must see what others have committed.
  default_transaction_isolation: /^read (un)?committed$/,
  // The only format that the driver parses.
  DateStyle: /^ISO\b/i,
  standard_conforming_strings: /^on$/,
  array_nulls: /^on$/,
  transform_null_equals: /^off$/,
};

/** Advice for hosts with other settings. */
export const SESSION_ADVICE =
  'Set them for its role (ALTER ROLE … SET …), or add to the options of its DataSource: extra: astraDataSource({ url }).extra';

/**
 * Finds settings with which Astra would not work as specified.
 *
 * @param of - `setting`: of the current session; `reset_val`: of a new session without options.
 * @returns each with its value: `DateStyle is SQL, DMY`.
 */
export async function unfitSettings(db: DataSource, of: 'setting' | 'reset_val'): Promise<string[]> {
  const settings = await db.query<{ name: string; value: string }[]>(
    `SELECT name, ${of} AS value FROM pg_settings WHERE name = ANY ($1) ORDER BY name`,
    [Object.keys(needed)],
  );
  return settings
    .filter(({ name, value }) => !needed[name].test(value))
    .map(({ name, value }) => `${name} is ${value}`);
}

/** Rejects an unsuitable DataSource at startup, rather than by errors in a race later. */
export const hostSessions: FactoryProvider = {
  provide: Symbol('astra:host-sessions'),
  inject: [getDataSourceToken()],
  useFactory: assertFit,
};

/**
 * Checks the sessions of a DataSource.
 *
 * @throws {Error} with the unsuitable settings and how to change them.
 */
async function assertFit(db: DataSource): Promise<void> {
  // A host may connect later (`manualInitialization`).
  if (!db.isInitialized) return;
  const unfit = await unfitSettings(db, 'setting');
  if (unfit.length > 0)
    throw new Error(
      `Astra cannot work on sessions of this DataSource: ${unfit.join('; ')}. ${SESSION_ADVICE}`,
    );
}

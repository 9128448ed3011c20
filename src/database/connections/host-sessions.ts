import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

/**
 * What the sessions of a host's own DataSource must have, in the words of Postgres. All else may be the host's, such as
 * its time limits and its time zone.
 */
const needed: Readonly<Record<string, RegExp>> = {
  // Races are decided by row locks and conditional statements, which see what others have committed.
  default_transaction_isolation: /^read (un)?committed$/,
  // The driver reads no other.
  DateStyle: /^ISO\b/i,
  standard_conforming_strings: /^on$/,
  array_nulls: /^on$/,
  transform_null_equals: /^off$/,
};

/** What a host can do about them. */
export const SESSION_ADVICE =
  'Set them for its role (ALTER ROLE … SET …), or add to the options of its DataSource: extra: astraDataSource({ url }).extra';

/**
 * Finds the settings with which Astra would not work as it promises.
 *
 * @param of - Those of the session at hand, or those that a session begins with where nobody sets any.
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

/** Finds out at the start, and not by errors in a race, that the sessions of the host are of no use. */
export const hostSessions: FactoryProvider = {
  provide: Symbol('astra:host-sessions'),
  inject: [getDataSourceToken()],
  useFactory: assertFit,
};

/** @throws {Error} naming the settings, and what to do. */
async function assertFit(db: DataSource): Promise<void> {
  // A host may connect later (`manualInitialization`).
  if (!db.isInitialized) return;
  const unfit = await unfitSettings(db, 'setting');
  if (unfit.length > 0)
    throw new Error(
      `Astra cannot work on sessions of this DataSource: ${unfit.join('; ')}. ${SESSION_ADVICE}`,
    );
}

import type { DataSource } from 'typeorm';
import { migrations } from './migrations.js';

/** Applied migrations that only a newer version knows, by what they mean for this one. */
export interface NewerMigrations {
  /** They only add what this version does not use, so it can run on the tables. */
  readonly expanding: readonly string[];
  /** They changed or removed what this version uses, so it must not run. */
  readonly contracting: readonly string[];
}

/**
 * Finds migrations of newer versions.
 *
 * The name of a migration is all that an older version can know of it. By the rule of expand and contract
 * (docs/upgrading.md), a name that starts with `Contract` marks the only kind of migration on which the version before
 * cannot run.
 *
 * @param db - Its role must be able to read `auth_migrations`.
 */
export async function findNewerMigrations(db: DataSource): Promise<NewerMigrations> {
  const applied = await db.query<{ name: string }[]>('SELECT name FROM auth_migrations ORDER BY id');
  const known = new Set(migrations.map(({ name }) => name));
  const newer = applied.map(({ name }) => name).filter((name) => !known.has(name));
  return {
    expanding: newer.filter((name) => !isContracting(name)),
    contracting: newer.filter(isContracting),
  };
}

/** Whether versions before this migration cannot run after it. */
export function isContracting(name: string): boolean {
  return name.startsWith('Contract');
}

import type { DataSource } from 'typeorm';

/** Result of a check: ok, a warning, or a failure. */
export interface Finding {
  level: 'well' | 'look' | 'wrong';
  /** Finding in one or a few lines; never contains a secret. */
  says: string;
  /** Suggested fix. */
  next?: string;
}

/** Check of one aspect of the installation. */
export interface Check {
  /** Name of the aspect, in one or two words. */
  name: string;
  /**
   * Executes the check.
   *
   * @returns `undefined` if another check reports why this one is impossible.
   * @throws {Error} to report a failure.
   */
  run(): Finding | undefined | Promise<Finding | undefined>;
}

/** Check of a reachable database, executed with the role of the service. */
export interface DatabaseCheck {
  name: string;
  run(db: DataSource): Promise<Finding>;
}

/** Creates the result of a successful check. */
export const well = (says: string): Finding => ({ level: 'well', says });
/** Creates a warning. */
export const look = (says: string, next: string): Finding => ({ level: 'look', says, next });
/** Creates a failure. */
export const wrong = (says: string, next: string): Finding => ({ level: 'wrong', says, next });

import type { DataSource } from 'typeorm';

/** What a check found: all is well, somebody should have a look, or something does not work as it is. */
export interface Finding {
  level: 'well' | 'look' | 'wrong';
  /** In a line or a few; never a secret. */
  says: string;
  /** What to do next. */
  next?: string;
}

/** One thing that a doctor looks at. */
export interface Check {
  /** What is looked at, in a word or two. */
  name: string;
  /**
   * @returns nothing, if another check says why this cannot be looked at.
   * @throws {Error} if it went wrong, which is a finding as well.
   */
  run(): Finding | undefined | Promise<Finding | undefined>;
}

/** A check of a database that answers, by the service's role. */
export interface DatabaseCheck {
  name: string;
  run(db: DataSource): Promise<Finding>;
}

export const well = (says: string): Finding => ({ level: 'well', says });
export const look = (says: string, next: string): Finding => ({ level: 'look', says, next });
export const wrong = (says: string, next: string): Finding => ({ level: 'wrong', says, next });

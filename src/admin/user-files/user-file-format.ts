import type { UserRecord } from '../../users/bulk/users-in-bulk.js';
import type { Line } from './lines.js';

/** Unvalidated fields of a line, or the reason why it cannot be read. */
export type FileRecord = { readonly line: number } & (
  | { readonly fields: unknown; readonly fault?: undefined }
  | { readonly fault: string; readonly fields?: undefined }
);

/** Format of account files. */
export interface UserFileFormat {
  /**
   * Parses the records.
   *
   * @throws {Error} if the file as a whole does not have this format; the message names the line.
   */
  read(lines: AsyncIterable<Line>): AsyncIterable<FileRecord>;
  /** Returns the text before the first record. */
  header(fields: readonly (keyof UserRecord)[]): string;
  write(record: UserRecord, fields: readonly (keyof UserRecord)[]): string;
}

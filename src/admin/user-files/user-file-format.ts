import type { UserRecord } from '../../users/bulk/users-in-bulk.js';
import type { Line } from './lines.js';

/** What stands on a line, not checked yet; or what is wrong with the line. */
export type FileRecord = { readonly line: number } & (
  | { readonly fields: unknown; readonly fault?: undefined }
  | { readonly fault: string; readonly fields?: undefined }
);

/** How accounts stand in a file. */
export interface UserFileFormat {
  /** @throws {Error} naming the line, if the file as a whole is not of this format. */
  read(lines: AsyncIterable<Line>): AsyncIterable<FileRecord>;
  /** What stands before the records. */
  header(fields: readonly (keyof UserRecord)[]): string;
  write(record: UserRecord, fields: readonly (keyof UserRecord)[]): string;
}

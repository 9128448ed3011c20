import { csv } from './csv.js';
import { jsonLines } from './json-lines.js';
import type { UserFileFormat } from './user-file-format.js';

/** The formats of files of accounts by their names, which are also how such files end. */
export const userFileFormats: Readonly<Record<string, UserFileFormat>> = { jsonl: jsonLines, csv };

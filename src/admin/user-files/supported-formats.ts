import { csv } from './csv.js';
import { jsonLines } from './json-lines.js';
import type { UserFileFormat } from './user-file-format.js';

/** Formats of account files by name, which is also the file extension. */
export const userFileFormats: Readonly<Record<string, UserFileFormat>> = { jsonl: jsonLines, csv };

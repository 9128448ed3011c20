import { fileFields } from '../../users/fields/account-fields.js';
import type { Line } from './lines.js';
import type { FileRecord, UserFileFormat } from './user-file-format.js';
import { importedFields, requiredFields } from './user-record.dto.js';

/** Start of a cell that a spreadsheet interprets as a formula (OWASP, CSV Injection). */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/u;

/** Separators of cells. Spreadsheets write semicolons in locales with decimal commas, and paste tabs. */
const SEPARATORS = [',', ';', '\t'] as const;
type Separator = (typeof SEPARATORS)[number];

/** Columns named in the header, and the separator that it uses. */
interface Header {
  columns: readonly string[];
  separator: Separator;
}

/**
 * Comma-separated values (RFC 4180) with a header. Also reads semicolons or tabs, as found in the header. Each record
 * is one line: no field can contain a line break, so a missing quote damages one line only.
 *
 * A cell that a spreadsheet would interpret as a formula is written with a leading apostrophe, which reading removes.
 */
export const csv: UserFileFormat = {
  header: (fields) => toLine(fields),
  write: (record, fields) => toLine(fields.map((field) => record[field])),

  async *read(lines) {
    let header: Header | undefined;
    for await (const line of lines) {
      if (header) yield readRecord(line, header);
      else header = readHeader(line);
    }
  },
};

function toLine(values: readonly (string | boolean | null)[]): string {
  return `${values.map(toCell).join(',')}\r\n`;
}

/** Quotes every text, and doubles the quotes inside it. Booleans are written plainly, and `null` as an empty cell. */
function toCell(value: string | boolean | null): string {
  if (typeof value !== 'string') return String(value ?? '');
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

/**
 * Parses the header.
 *
 * @throws {Error} if a column is unknown, missing or repeated; the message names the line.
 */
function readHeader({ number, text, fault }: Line): Header {
  const refuse = (problem: string) => new Error(`line ${number}: ${problem}`);
  // Column names contain no separator.
  const separator = SEPARATORS.find((sign) => text?.includes(sign)) ?? ',';
  const columns = text === undefined ? null : readCells(text, separator);
  if (!columns) throw refuse(fault ?? BAD_QUOTES);
  const unknown = columns.find((column) => !importedFields.includes(column));
  if (unknown !== undefined)
    throw refuse(
      `Unknown column "${unknown.slice(0, 50)}". The first line must list columns separated by commas, semicolons or tabs. Supported columns: ${importedFields.join(', ')}.`,
    );
  const missing = requiredFields.find((field) => !columns.includes(field));
  if (missing) throw refuse(`The column ${missing} is missing.`);
  if (new Set(columns).size < columns.length) throw refuse('A column name occurs twice.');
  return { columns, separator };
}

/** Reads a line with as many cells as the header has columns. */
function readRecord({ number, text, fault }: Line, { columns, separator }: Header): FileRecord {
  const cells = text === undefined ? null : readCells(text, separator);
  if (!cells) return { line: number, fault: fault ?? BAD_QUOTES };
  if (cells.length !== columns.length)
    return { line: number, fault: `This has ${cells.length} fields instead of ${columns.length}.` };
  return {
    line: number,
    fields: Object.fromEntries(columns.map((column, i) => [column, readCell(column, cells[i])])),
  };
}

/** Converts a cell; an empty one means no value. */
function readCell(column: string, text: string): string | boolean | null {
  if (text === '') return null;
  if (!BOOLEANS.includes(column)) return FORMULA.test(text) ? text.replace(/^'/, '') : text;
  const word = text.toLowerCase(); // spreadsheets write booleans in uppercase
  return word === 'true' ? true : word === 'false' ? false : text;
}

const BOOLEANS: readonly string[] = [
  ...fileFields.filter(({ inFiles }) => inFiles === 'boolean').map(({ column }) => column),
  'email_verified',
];

const BAD_QUOTES =
  'The quotes do not match. A quoted cell must end on its line, and a quote inside it must be doubled.';

/**
 * Splits a line into cells.
 *
 * @returns `null` if the quotes do not match.
 */
function readCells(line: string, separator: Separator): string[] | null {
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}]*))(${separator}|$)`, 'y');
  const cells: string[] = [];
  for (;;) {
    const [, quoted, plain, end] = cell.exec(line) ?? [];
    if (end === undefined) return null;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') return cells;
  }
}

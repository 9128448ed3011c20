import { fileFields } from '../../users/fields/account-fields.js';
import type { Line } from './lines.js';
import type { FileRecord, UserFileFormat } from './user-file-format.js';
import { importedFields, requiredFields } from './user-record.dto.js';

/** What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV Injection). */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/u;

/** What stands between cells. Spreadsheets write the second where a comma is for decimals, and paste the third. */
const SEPARATORS = [',', ';', '\t'] as const;
type Separator = (typeof SEPARATORS)[number];

/** The header: the columns, and what stood between their names. */
interface Header {
  columns: readonly string[];
  separator: Separator;
}

/**
 * Comma-separated values (RFC 4180), with a header. Files with semicolons or tabs are read as well; the header tells. A record is a line: no field of an account may hold a line break, and
 * so a quote that is missing spoils one line and not all after it.
 *
 * A cell that a spreadsheet would take for a formula is written with an apostrophe before it, which reading takes away.
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

function toCell(value: string | boolean | null): string {
  if (typeof value !== 'string') return String(value ?? '');
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

/** @throws {Error} if the first line does not name columns that are known. */
function readHeader({ number, text, fault }: Line): Header {
  const refuse = (problem: string) => new Error(`line ${number}: ${problem}`);
  // The name of a column has none of them.
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

/** Nothing in a cell means no value. */
function readCell(column: string, text: string): string | boolean | null {
  if (text === '') return null;
  if (!BOOLEANS.includes(column)) return FORMULA.test(text) ? text.replace(/^'/, '') : text;
  const word = text.toLowerCase(); // spreadsheets shout it
  return word === 'true' ? true : word === 'false' ? false : text;
}

const BOOLEANS: readonly string[] = [
  ...fileFields.filter(({ inFiles }) => inFiles === 'boolean').map(({ column }) => column),
  'email_verified',
];

const BAD_QUOTES =
  'The quotes do not match. A quoted cell must end on its line, and a quote inside it must be doubled.';

/** @returns `null` if the quotes do not match. */
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

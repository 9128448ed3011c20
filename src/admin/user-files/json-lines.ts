import type { UserFileFormat } from './user-file-format.js';

/** JSON Lines: one JSON object per line. */
export const jsonLines: UserFileFormat = {
  header: () => '',
  write: (record, fields) => `${JSON.stringify(record, [...fields])}\n`,

  async *read(lines) {
    for await (const { number, text, fault } of lines) {
      if (text === undefined) yield { line: number, fault };
      else yield { line: number, ...parse(text) };
    }
  },
};

function parse(text: string): { fields: unknown } | { fault: string } {
  try {
    return { fields: JSON.parse(text) as unknown };
  } catch {
    // V8's message quotes the input, which may contain a password hash.
    return { fault: 'This line is not a JSON object.' };
  }
}

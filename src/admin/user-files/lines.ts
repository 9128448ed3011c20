import { isUtf8 } from 'node:buffer';

/** Line of a file, or the reason why it cannot be read. */
export type Line = { readonly number: number } & (
  | { readonly text: string; readonly fault?: undefined }
  | { readonly fault: string; readonly text?: undefined }
);

/** Maximum length in bytes, over 20 times the size of an account. A longer line is not kept in memory. */
const MAX_LENGTH = 64 * 1024;
const LINE_FEED = 0x0a;

/** Reads the lines of a file, numbered from 1, without LF or CRLF. Skips a byte order mark and empty lines. */
export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  let begun: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    let from = 0;
    for (let end: number; (end = chunk.indexOf(LINE_FEED, from)) >= 0; from = end + 1) {
      const line = readLine(++number, Buffer.concat([begun, chunk.subarray(from, end)]));
      if (line.text !== '') yield line;
      begun = Buffer.alloc(0);
    }
    // One byte over the limit marks the line as too long.
    begun = Buffer.concat([begun, chunk.subarray(from)]).subarray(0, MAX_LENGTH + 1);
  }
  const last = readLine(number + 1, begun);
  if (last.text !== '') yield last;
}

/** Checks the length and the encoding of a line, which is decoded only if both are valid. */
function readLine(number: number, bytes: Buffer): Line {
  if (bytes.length > MAX_LENGTH) return { number, fault: `This is longer than ${MAX_LENGTH} bytes.` };
  if (!isUtf8(bytes)) return { number, fault: 'This line is not valid UTF-8.' };
  const text = bytes.toString().replace(/\r$/, '');
  return { number, text: number === 1 ? text.replace(/^\uFEFF/, '') : text };
}

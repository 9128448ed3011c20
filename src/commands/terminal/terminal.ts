import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';

/** Where a command is called from. */
export interface Terminal {
  /** Results, for standard output. */
  print(line: string): void;
  /** What a person who waits wants to know, for standard error. */
  notice(line: string): void;
  /** Shows a line that the next one, of whatever kind, replaces. Only where standard error is a terminal. */
  draw?(line: string): void;
  /** @throws {Error} if nobody is there to answer. */
  ask(question: string): Promise<string>;
  /** Reads a line without showing it; where nobody is there, all of standard input but the line break at its end. */
  askSecretly(question: string): Promise<string>;
}

/** Whether a drawn line is to be replaced. */
let isDrawn = false;

function clearDrawn(): void {
  if (isDrawn) process.stderr.write('\r\x1b[K');
  isDrawn = false;
}

/** The terminal of this process. */
export const terminal: Terminal = {
  print(line) {
    clearDrawn();
    console.log(line);
  },

  notice(line) {
    clearDrawn();
    console.error(line);
  },

  ...(process.stderr.isTTY && {
    draw(line: string) {
      clearDrawn();
      // A line that wraps could not be replaced.
      process.stderr.write(line.slice(0, process.stderr.columns - 1));
      isDrawn = true;
    },
  }),

  async ask(question) {
    if (!process.stdin.isTTY)
      throw new Error(`Cannot ask "${question.trim()}" without a terminal. Use an option instead.`);
    const dialog = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return (await dialog.question(question)).trim();
    } finally {
      dialog.close();
    }
  },

  async askSecretly(question) {
    if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
    process.stderr.write(question);
    // Without an output, readline edits the line but shows nothing of it.
    const dialog = createInterface({ input: process.stdin, terminal: true });
    try {
      return await dialog.question('');
    } finally {
      dialog.close();
      process.stderr.write('\n');
    }
  },
};

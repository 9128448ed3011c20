import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';

/** Input and output of a command. */
export interface Terminal {
  /** Prints a result to standard output. */
  print(line: string): void;
  /** Prints a progress message or a warning to standard error. */
  notice(line: string): void;
  /** Draws a line that the next output replaces. Only if standard error is a terminal. */
  draw?(line: string): void;
  /**
   * Asks for a line of text.
   *
   * @throws {Error} if standard input is not a terminal.
   */
  ask(question: string): Promise<string>;
  /** Reads a line without showing it. Without a terminal, reads all of standard input, without the final line break. */
  askSecretly(question: string): Promise<string>;
}

/** Whether there is a drawn line to replace. */
let isDrawn = false;

function clearDrawn(): void {
  if (isDrawn) process.stderr.write('\r\x1b[K');
  isDrawn = false;
}

/** Terminal of this process. */
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
      // A wrapped line could not be replaced.
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
    // Without an output, readline edits the line but does not show it.
    const dialog = createInterface({ input: process.stdin, terminal: true });
    try {
      return await dialog.question('');
    } finally {
      dialog.close();
      process.stderr.write('\n');
    }
  },
};

import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';

/** Where a command is called from. */
export interface Terminal {
  /** Results, for standard output. */
  print(line: string): void;
  /** What a person who waits wants to know, for standard error. */
  notice(line: string): void;
  /** @throws {Error} if nobody is there to answer. */
  ask(question: string): Promise<string>;
  /** Reads a line without showing it; where nobody is there, all of standard input but the line break at its end. */
  askSecretly(question: string): Promise<string>;
}

/** The terminal of this process. */
export const terminal: Terminal = {
  print: (line) => console.log(line),
  notice: (line) => console.error(line),

  async ask(question) {
    if (!process.stdin.isTTY)
      throw new Error(`Nobody is there to answer "${question.trim()}"; give it as an option.`);
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

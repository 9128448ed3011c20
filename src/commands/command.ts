import type { Environment } from '../env.js';
import type { Terminal } from './terminal/terminal.js';

/** An operator command: what it is called with, what it does, and how. */
export interface Command {
  /** Its name and what goes with it, such as `rotate-keys [--sign-after <seconds>]`. */
  readonly usage: string;
  /** One sentence. */
  readonly does: string;
  /**
   * @param args - What stands behind the name.
   * @returns the exit code; default 0.
   * @throws {Error} with a sentence for whoever called it; then the exit code is 1.
   */
  run(args: string[], context: CommandContext): Promise<number | void>;
}

/** What a command works with. */
export interface CommandContext {
  /** Read when it is asked for. @throws {SettingsError} if the settings are wrong. */
  readonly env: Environment;
  terminal: Terminal;
}

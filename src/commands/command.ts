import type { Environment } from '../env.js';
import type { Terminal } from './terminal/terminal.js';

/** Operator command. */
export interface Command {
  /** Name and arguments, such as `rotate-keys [--sign-after <seconds>]`. */
  readonly usage: string;
  /** Description in one sentence, for the help. */
  readonly does: string;
  /**
   * Executes the command.
   *
   * @param args - Arguments after the name.
   * @returns the exit code. Default 0.
   * @throws {Error} with a message for the operator; the exit code is then 1.
   */
  run(args: string[], context: CommandContext): Promise<number | void>;
}

/** Environment of a command. */
export interface CommandContext {
  /**
   * Settings, read on first access.
   *
   * @throws {SettingsError} if they are invalid.
   */
  readonly env: Environment;
  terminal: Terminal;
}

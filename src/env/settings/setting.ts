import type { Parser } from './parsers.js';

/** One variable of the environment: it has a `default`, or `unset` says what its absence means. */
export type Setting = {
  readonly is: Parser<unknown>;
  readonly means: string;
  /** Also read from the file that `<NAME>_FILE` names. */
  readonly secret?: true;
  /** Its value in `.env.example`; without one it is commented out there. */
  readonly example?: string;
} & (
  { readonly default: string; readonly unset?: never } | { readonly unset: string; readonly default?: never }
);

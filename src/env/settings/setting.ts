import type { Parser } from './parsers.js';

/** Environment variable. It has a `default`, or `unset` describes its absence. */
export type Setting = {
  readonly is: Parser<unknown>;
  readonly means: string;
  /** Can also be read from a file named in `<NAME>_FILE`. */
  readonly secret?: true;
  /** Value in `.env.example`. Without one, the variable is commented out there. */
  readonly example?: string;
} & (
  { readonly default: string; readonly unset?: never } | { readonly unset: string; readonly default?: never }
);

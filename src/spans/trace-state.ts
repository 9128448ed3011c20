import type { TraceState } from '@opentelemetry/api';

/** Maximum length of the field, which others need not pass on if it is longer (W3C Trace Context, 3.3.1.5). */
const MAX_LENGTH = 512;
const MAX_MEMBERS = 32;
const KEY = /^[a-z0-9][\w*/@-]{0,255}$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Data of tracing systems in the field `tracestate`, by their keys. The SDK has the same, but need not be installed. */
class Members implements TraceState {
  constructor(private readonly members: readonly (readonly [key: string, value: string])[]) {}

  get(key: string): string | undefined {
    return this.members.find(([name]) => name === key)?.[1];
  }

  /** Adds a member, or replaces it. The last change comes first. */
  set(key: string, value: string): TraceState {
    return new Members([[key, value], ...this.without(key)]);
  }

  unset(key: string): TraceState {
    return new Members(this.without(key));
  }

  serialize(): string {
    return this.members.map((member) => member.join('=')).join(',');
  }

  private without(key: string) {
    return this.members.filter(([name]) => name !== key);
  }
}

/** Reads the field `tracestate`; `undefined` if it is malformed or too long (W3C Trace Context, 3.3). */
export function readTraceState(text: unknown): TraceState | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter(Boolean)
    .map((member) => [member.split('=', 1)[0], member.replace(/^[^=]*=?/, '')] as const);
  const isValid = members.every(([key, value]) => KEY.test(key) && VALUE.test(value));
  return isValid && members.length > 0 && members.length <= MAX_MEMBERS ? new Members(members) : undefined;
}

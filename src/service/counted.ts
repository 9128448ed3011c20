/** Formats a count: `1 user`, `1,200 users`, `0 messages wait`. */
export function counted(count: number, one: string, many?: string): string {
  return `${count.toLocaleString('en')} ${plural(count, one, many)}`;
}

/**
 * Returns the singular or plural.
 *
 * @param many - Default: `one` with an s.
 */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

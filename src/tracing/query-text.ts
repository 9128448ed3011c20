/** Maximum length of a statement in a span, in UTF-16 units. */
const MAX_LENGTH = 1_000;

/**
 * First table of a statement. Neither the function in `extract(epoch FROM now())` is one, nor what follows in `DO UPDATE SET`
 * and `FOR UPDATE OF`.
 */
const TABLE =
  /\bINTO\s+(?<into>[\w."]+)|\b(?:FROM|JOIN|(?<!\b(?:DO|FOR)\s+)UPDATE)\s+(?:ONLY\s+)?(?<table>[\w."]+)(?![\w."]|\s*\()/i;

/** Returns the operation and the first table of a statement, such as `INSERT auth_sessions`: the name of its span. */
export function querySummary(text: string): string {
  const start = text.slice(0, MAX_LENGTH);
  const [operation = 'query'] = /[a-z]+/i.exec(start) ?? [];
  const { into, table = into } = TABLE.exec(start)?.groups ?? {};
  return [operation.toUpperCase(), table?.replaceAll('"', '')].filter(Boolean).join(' ');
}

/** Returns a statement without the values of its literals, cut to 1000 characters. */
export function queryText(text: string): string {
  return text.slice(0, MAX_LENGTH).replaceAll(/'(?:[^']|'')*(?:'|$)/g, "'?'");
}

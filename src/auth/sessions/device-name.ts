import bowser from 'bowser';

/** Maximum length of the parsed part of a user agent in UTF-16 units, equal to the stored length. */
const MAX_USER_AGENT = 400;
/** Maximum length of a device name in UTF-16 units, as in the database column. */
const MAX_NAME = 60;

/**
 * Returns a readable name for a `User-Agent`: "Firefox on Linux" for a browser, otherwise its first words, such as
 * "curl".
 */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device';
  const text = userAgent.slice(0, MAX_USER_AGENT);
  const { browser, os } = bowser.parse(text);
  const name = browser.name && os.name ? `${browser.name} on ${os.name}` : browser.name;
  const known = name || /^[A-Za-z][A-Za-z0-9 ._-]{0,39}/.exec(text)?.[0];
  return known?.slice(0, MAX_NAME).trim() || 'Unknown device';
}

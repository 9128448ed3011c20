import bowser from 'bowser';

/** UTF-16 units that are looked at, as many as are stored; and those of a name. */
const MAX_USER_AGENT = 400;
const MAX_NAME = 60;

/** Says what a `User-Agent` stands for, for people: "Firefox on Linux", or else its first word, such as "curl". */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device';
  const text = userAgent.slice(0, MAX_USER_AGENT);
  const { browser, os } = bowser.parse(text);
  const name = browser.name && os.name ? `${browser.name} on ${os.name}` : browser.name;
  const known = name || /^[A-Za-z][A-Za-z0-9 ._-]{0,39}/.exec(text)?.[0];
  return known?.slice(0, MAX_NAME).trim() || 'Unknown device';
}

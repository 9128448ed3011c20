import bowser from 'bowser';

/** Says what a `User-Agent` stands for, for people: "Firefox on Linux", or else its first word, such as "curl". */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device';
  const { browser, os } = bowser.parse(userAgent);
  if (browser.name) return os.name ? `${browser.name} on ${os.name}` : browser.name;
  return /^[A-Za-z][A-Za-z0-9 ._-]{0,39}/.exec(userAgent)?.[0].trim() ?? 'Unknown device';
}

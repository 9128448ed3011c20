/** Schemes of URLs that a browser runs, shows or reads from the machine, so they belong to no app. */
const NOT_OF_APPS = /^(https?|javascript|data|vbscript|file|blob|about|view-source|ws|wss|ftp|mailto|tel):$/;
const LOOPBACK = /^(127\.0\.0\.1|\[::1\]|localhost)$/;

/**
 * Returns whether text can be an allowed target of redirects: an https URL, an http URL of this machine, or a URI with
 * the scheme of an app (RFC 8252, 7), without a fragment.
 */
export function isRedirectUri(text: string): boolean {
  const url = URL.parse(text);
  if (!url || /[#@\\*\s]/.test(text)) return false;
  if (url.protocol === 'https:') return isSpelledAs(url, text);
  if (url.protocol === 'http:') return LOOPBACK.test(url.hostname) && isSpelledAs(url, text);
  return !NOT_OF_APPS.test(url.protocol) && text.startsWith(url.protocol);
}

/** Targets of redirects. They are compared as text, because parsers differ in how they read a URL (RFC 9700, 4.1). */
export class RedirectUris {
  private readonly exact: ReadonlySet<string>;
  private readonly publicOrigin: string;

  /**
   * @param uris - See {@link isRedirectUri}. One of this machine without a port stands for every port (RFC 8252, 7.3).
   * @param publicUrl - All URLs of its origin are allowed.
   */
  constructor(uris: readonly string[], publicUrl: string) {
    this.exact = new Set(uris);
    this.publicOrigin = new URL(publicUrl).origin;
  }

  /** Returns whether users may be redirected to a URI. */
  allows(uri: string): boolean {
    if (this.exact.has(uri)) return true;
    const url = URL.parse(uri);
    // A URL with another spelling could be read otherwise by the browser.
    if (!url || !isSpelledAs(url, uri) || /[#@\\]/.test(uri)) return false;
    if (url.origin === this.publicOrigin) return true;
    if (url.protocol !== 'http:' || !LOOPBACK.test(url.hostname) || url.port === '') return false;
    return this.exact.has(uri.replace(`:${url.port}`, ''));
  }
}

/** Returns whether text is the normal spelling of a URL; the path of an origin may be left out. */
function isSpelledAs(url: URL, text: string): boolean {
  return url.href === text || url.href === `${text}/`;
}

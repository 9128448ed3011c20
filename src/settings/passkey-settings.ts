/** Domain of passkeys, and origins that may use them. */
export interface PasskeyOptions {
  /**
   * Domain that passkeys are bound to: the host of `publicUrl` or a parent domain of it. Passkeys of another one no longer
   * work, so never change it. Default the host of `publicUrl`.
   */
  rpId?: string;
  /**
   * Origins of the pages and apps that may use passkeys: `https://app.example.com`, or `android:apk-key-hash:…` for an
   * Android app. Origins outside `rpId` are listed at `GET /.well-known/webauthn`, which the host of `publicUrl` must serve
   * as that domain; browsers accept at least five such sites. Default the origin of `publicUrl`.
   */
  origins?: readonly string[];
}

/** Domain of the passkeys, and the origins that may use them (WebAuthn Level 3, 4). */
export interface RelyingParty {
  readonly id: string;
  readonly origins: readonly string[];
  /** Origins with https, to be published if one of them is outside of `id`; otherwise empty. */
  readonly publishedOrigins: readonly string[];
}

/** Log message if there is no {@link RelyingParty}. */
export const NO_PASSKEYS =
  'Passkeys are off: browsers accept them only at a domain with https, or at localhost, and the public URL is neither';

/** An Android app: base64url of the SHA-256 of its signing certificate. */
const ANDROID = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/;

/**
 * Validates the option `passkeys`, and fills in the defaults.
 *
 * @param publicUrl - The option, whose own validation comes later.
 * @returns `null` if browsers would refuse passkeys there: an IP address, or a host other than localhost without https.
 * @throws {RangeError} with the name of an invalid option and its valid values, but never its value.
 */
export function relyingPartyOf(
  { rpId, origins: given }: PasskeyOptions,
  publicUrl: string,
): RelyingParty | null {
  const url = URL.parse(publicUrl);
  if (!url) return null;
  const { hostname, origin } = url;
  const id = rpId ?? hostname;
  const origins = given ?? [origin];
  if (rpId === undefined && !isPasskeyDomain(id)) return null;
  if (given === undefined && !isSecure(origin)) return null;
  if (!isPasskeyDomain(id)) throw new RangeError('passkeys.rpId must be a domain, such as example.com');
  if (origins.length === 0 || !origins.every(isPasskeyOrigin))
    throw new RangeError(
      'passkeys.origins must be origins such as https://app.example.com, or android:apk-key-hash:… with 43 characters',
    );
  const web = origins.filter((one) => !ANDROID.test(one));
  const related = web.filter((one) => !isWithin(new URL(one).hostname, id));
  if (related.length > 0 && (hostname !== id || !related.every(isHttps)))
    throw new RangeError(
      'passkeys.origins must be within passkeys.rpId, unless they have https and that is the host of publicUrl, which publishes them',
    );
  // Browsers read no other origins, such as those of apps and of development, in the document.
  return { id, origins, publishedOrigins: related.length > 0 ? web.filter(isHttps) : [] };
}

/** Returns whether text is a domain that a browser accepts: in lower case, and neither an IP address nor a top-level domain. */
export function isPasskeyDomain(text: string): boolean {
  const isName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(text);
  // A host whose last label is a number is an IPv4 address (WHATWG URL, 3.5).
  return isName && !/(^|\.)\d+$/.test(text) && (text === 'localhost' || text.includes('.'));
}

/** Returns whether text is an origin of a page or an Android app that browsers or Android let use passkeys. */
export function isPasskeyOrigin(text: string): boolean {
  return ANDROID.test(text) || isSecure(text);
}

/** Returns whether text is an origin with which browsers use passkeys (W3C Secure Contexts). */
function isSecure(text: string): boolean {
  const url = URL.parse(text);
  if (url?.origin !== text) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isWithin(url.hostname, 'localhost'));
}

const isHttps = (origin: string) => origin.startsWith('https:');

/** Returns whether a host is a domain or below it. */
function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { errorText } from '../../../http/problem/error-text.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../access-token-claims.js';
import { compareTimes, privateSigningKey, secretSigningKey, type SigningKey } from './signing-key.js';

/** Interval in ms at which the directory is scanned for new keys. */
const RESCAN_EVERY = 5_000;
/** Minimum interval in ms between scans that tokens with unknown keys trigger. */
const RESCAN_AT_MOST_EVERY = 1_000;

/**
 * Keys of access tokens: which one signs, which ones verify, and which ones are published.
 *
 * A key in the directory is published at once. It signs from the time in its name until the next key does, and verifies
 * until the last token that it can have signed has expired. A key without a time in its name verifies until it is
 * removed. All instances with the same directory come to the same result without communicating.
 */
@Injectable()
export class Keyring implements OnApplicationShutdown {
  /** Number of scans that found a key missing. It invalidates cached verifications, whose key may be gone. */
  removals = 0;
  private readonly logger = new Logger(Keyring.name);
  private keys: readonly SigningKey[];
  private scannedAt = performance.now();
  private readonly timer?: NodeJS.Timeout;

  /** @throws {RangeError} if the directory has no key for the algorithm, or contains an invalid one. */
  constructor(private readonly settings: AuthSettings) {
    this.keys = this.load();
    if (settings.privateKeysDir) {
      this.timer = setInterval(() => this.rescan(), RESCAN_EVERY);
      this.timer.unref();
    }
  }

  /** Returns the current signing key: the newest whose time has come, otherwise the first to come. */
  signing(): SigningKey {
    const now = Date.now();
    return this.keys.findLast((key) => key.signsFrom <= now) ?? this.keys[0];
  }

  /** Returns the key of a `kid` if tokens signed by it may still be valid. */
  find(kid: string): SigningKey | undefined {
    const index = this.keys.findIndex((key) => key.kid === kid);
    if (index < 0) return undefined;
    return this.isRetired(index) ? undefined : this.keys[index];
  }

  /**
   * Scans for a key with an unknown `kid`, at most once per {@link RESCAN_AT_MOST_EVERY}.
   *
   * @returns whether it was found.
   */
  mayHaveBecomeKnown(kid: string): boolean {
    if (!this.timer || performance.now() - this.scannedAt < RESCAN_AT_MOST_EVERY) return false;
    this.rescan();
    return this.find(kid) !== undefined;
  }

  /** Returns the public keys for the JWK set; none for HS256. */
  published(): SigningKey[] {
    return this.keys.filter((key, index) => key.jwk && !this.isRetired(index));
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Returns whether all tokens that a key can have signed have expired: its successor took over longer ago than a token
   * lives.
   */
  private isRetired(index: number): boolean {
    // A secret, or a key without a time in its name, may have signed until now, so it stays while it exists.
    const successor = this.keys.at(index + 1);
    if (!successor || this.keys[index].signsFrom === -Infinity) return false;
    return Date.now() > successor.signsFrom + (this.settings.accessTokenTtl + CLOCK_SKEW) * 1000;
  }

  /** Reloads the directory. If that fails, such as during a deployment, the current keys are kept. */
  private rescan(): void {
    this.scannedAt = performance.now();
    try {
      const before = this.keys;
      this.keys = this.load();
      if (
        before.some((key) => !this.keys.some(({ kid, key: same }) => kid === key.kid && same.equals(key.key)))
      )
        this.removals++;
    } catch (error) {
      this.logger.error(`Could not reload the signing keys. Keeping the current ones: ${errorText(error)}`);
    }
  }

  /** Loads the keys in the order in which they sign. */
  private load(): SigningKey[] {
    const { privateKeysDir, algorithm, secretKey, previousSecretKeys } = this.settings;
    if (!privateKeysDir) return [...previousSecretKeys, secretKey].map(secretSigningKey);

    const keys = readdirSync(privateKeysDir)
      .filter((file) => file.endsWith('.pem'))
      .sort()
      .map((file) =>
        privateSigningKey(basename(file, '.pem'), readFileSync(join(privateKeysDir, file), 'utf8')),
      )
      .filter((key) => key.algorithm === algorithm)
      .sort((a, b) => compareTimes(a.signsFrom, b.signsFrom));
    if (keys.length === 0)
      throw new RangeError(
        `JWT_PRIVATE_KEYS_DIR contains no key for ${algorithm}. Create one with "astra rotate-keys"`,
      );
    return keys;
  }
}

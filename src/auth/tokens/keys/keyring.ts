import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { errorText } from '../../../http/problem/error-text.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../access-token-claims.js';
import { compareTimes, privateSigningKey, secretSigningKey, type SigningKey } from './signing-key.js';

/** How often the directory is looked at for new keys, in ms. */
const RESCAN_EVERY = 5_000;
/** A token with an unknown key has the directory looked at before, but not more often than this, in ms. */
const RESCAN_AT_MOST_EVERY = 1_000;

/**
 * The keys of access tokens: which one signs, which ones verify, which ones are published.
 *
 * In a directory, every key is published as soon as it is there and signs from the time in its name until the next one
 * does. It verifies until the last token that it can have signed has ended; one whose name tells no time, until it is
 * removed. All instances that see the same
 * directory come to the same result without talking to each other.
 */
@Injectable()
export class Keyring implements OnApplicationShutdown {
  /** How often keys were removed so far: a token that was verified before may be one that nobody can verify any more. */
  removals = 0;
  private readonly logger = new Logger(Keyring.name);
  private keys: readonly SigningKey[];
  private scannedAt = performance.now();
  private readonly timer?: NodeJS.Timeout;

  /** @throws {RangeError} if the directory has no key of the algorithm, or one that cannot be used. */
  constructor(private readonly settings: AuthSettings) {
    this.keys = this.load();
    if (settings.privateKeysDir) {
      this.timer = setInterval(() => this.rescan(), RESCAN_EVERY);
      this.timer.unref();
    }
  }

  /** The key that signs now: of those whose time has come the newest, else the one that is next. */
  signing(): SigningKey {
    const now = Date.now();
    return this.keys.findLast((key) => key.signsFrom <= now) ?? this.keys[0];
  }

  /** The key of a `kid`, if tokens that it signed may still live. */
  find(kid: string): SigningKey | undefined {
    const index = this.keys.findIndex((key) => key.kid === kid);
    if (index < 0) return undefined;
    return this.isRetired(index) ? undefined : this.keys[index];
  }

  /** Whether a key of this `kid` might have come into the directory; looks for it, though not too often. */
  mayHaveBecomeKnown(kid: string): boolean {
    if (!this.timer || performance.now() - this.scannedAt < RESCAN_AT_MOST_EVERY) return false;
    this.rescan();
    return this.find(kid) !== undefined;
  }

  /** The public keys, for the JWK set; none under HS256. */
  published(): SigningKey[] {
    return this.keys.filter((key, index) => key.jwk && !this.isRetired(index));
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private isRetired(index: number): boolean {
    // Without a time of its own, nobody knows when it signed last: a secret or a plainly named key stays while it is there.
    const successor = this.keys.at(index + 1);
    if (!successor || this.keys[index].signsFrom === -Infinity) return false;
    return Date.now() > successor.signsFrom + (this.settings.accessTokenTtl + CLOCK_SKEW) * 1000;
  }

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

  /** In the order in which they sign. */
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

import { ProviderUnavailableError } from '../providers.errors.js';

/** Time in ms for everything that a provider is asked in one request: it makes several requests of its own. */
const TIME_LIMIT = 5_000;

/** @throws {ProviderUnavailableError} if the provider takes too long. What still runs has limits of its own. */
export async function inTime<T>(asking: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ProviderUnavailableError()), TIME_LIMIT);
  try {
    return await Promise.race([asking, late]);
  } finally {
    clearTimeout(timer);
  }
}

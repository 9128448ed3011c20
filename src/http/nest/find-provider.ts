import type { ModuleRef } from '@nestjs/core';

/**
 * Finds a provider of Astra in any module of the application.
 *
 * Guards and filters are created by the module of the controller that they are bound to. With `@Authenticated()` or
 * `@Roles()` that is a module of the host, which does not have to import Astra's modules for it, so Nest could not
 * inject their services.
 *
 * Everything else is injected, with two exceptions. The audit trail belongs to a DataSource rather than to an
 * installation, so it finds the settings here. Metrics read the counters of services that their modules do not export.
 *
 * @throws {Error} if the application does not have it.
 */
export function findProvider<T>(moduleRef: ModuleRef, type: abstract new (...args: never[]) => T): T {
  return moduleRef.get(type, { strict: false });
}

/** Like {@link findProvider}; `null` if the application does not have it, because the feature is off. */
export function findOptional<T>(moduleRef: ModuleRef, type: abstract new (...args: never[]) => T): T | null {
  try {
    return findProvider(moduleRef, type);
  } catch {
    return null;
  }
}

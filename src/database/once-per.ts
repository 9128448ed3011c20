import type { DynamicModule } from '@nestjs/common';

/**
 * Returns a function that creates a module once per key, regardless of the number of imports: Nest identifies dynamic
 * modules by object identity. Modules that need only the database are created once per DataSource, all others once per
 * installation.
 *
 * @param make - Creates the module for a key: the name of a DataSource (`undefined` for the default one), or an object.
 */
export function oncePer<Key extends string | undefined | object>(
  make: (key: Key) => DynamicModule,
): (key: Key) => DynamicModule {
  const ofNames = new Map<unknown, DynamicModule>();
  const ofObjects = new WeakMap<object, DynamicModule>();
  return (key) => {
    const made = typeof key === 'object' ? ofObjects.get(key) : ofNames.get(key);
    const module = made ?? make(key);
    if (typeof key === 'object') ofObjects.set(key, module);
    else ofNames.set(key, module);
    return module;
  };
}

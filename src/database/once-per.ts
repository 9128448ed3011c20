import type { DynamicModule } from '@nestjs/common';

/**
 * Makes a module once for each key, however often it is imported: Nest takes dynamic modules for the same only if they
 * are the same object. What needs only the database is made once per DataSource, all else once per installation.
 *
 * @param make - Makes it for the key, which is the name of a DataSource (`undefined` for the one without), or an object.
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

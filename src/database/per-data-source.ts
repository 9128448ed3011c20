import type { DynamicModule } from '@nestjs/common';

/**
 * Makes one module for each DataSource, and not one for each import: Nest takes dynamic modules for the same only if
 * they are the same object.
 *
 * @param make - Is given the name of the DataSource; `undefined` for the one that has none.
 */
export function perDataSource(
  make: (dataSource: string | undefined) => DynamicModule,
): (dataSource?: string) => DynamicModule {
  const modules = new Map<string | undefined, DynamicModule>();
  return (dataSource) => {
    const made = modules.get(dataSource) ?? make(dataSource);
    modules.set(dataSource, made);
    return made;
  };
}

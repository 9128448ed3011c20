import type { DynamicModule } from '@nestjs/common';

/**
 * Creates one module per DataSource rather than one per import: Nest identifies dynamic modules by object identity.
 *
 * @param make - Called once per name; `undefined` for the default DataSource.
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

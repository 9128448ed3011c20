import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';

@Module({})
class OwnTables {}

/**
 * Provides the repositories of tables that a module owns. The module does not export them, so Nest prevents access by
 * others.
 *
 * @param dataSource - Name of the DataSource, if it has one. Astra's services inject the repositories of the unnamed
 *   one.
 */
export function ownTables(entities: readonly Type<object>[], dataSource: string | undefined): DynamicModule {
  const aliases =
    dataSource === undefined
      ? []
      : entities.map((entity) => ({
          provide: getRepositoryToken(entity),
          useExisting: getRepositoryToken(entity, dataSource),
        }));
  return {
    module: OwnTables,
    imports: [TypeOrmModule.forFeature([...entities], dataSource)],
    providers: aliases,
    exports: [TypeOrmModule, ...aliases],
  };
}

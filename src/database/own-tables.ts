import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';

@Module({})
class OwnTables {}

/**
 * The repositories of the tables that a module owns. It does not export them, so Nest itself sees to it that nobody else
 * gets one.
 *
 * @param dataSource - Its name, where it has one. Our services ask for the repositories of the one without a name.
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

import { Module, type Provider } from '@nestjs/common';
import { getDataSourceToken, getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { AfterCommit } from './after-commit.js';
import { Changes } from './changes.js';
import { entities } from './entities.js';
import { hostSessions } from './host-sessions.js';
import { NamedStatements } from './named-statements.js';
import { perDataSource } from './per-data-source.js';

/**
 * The host's DataSource with Astra's tables, and what happens when a transaction commits there. Whoever imports it gets
 * that one injected as `DataSource`, whatever its name is; no module of ours exports it to the host's own.
 */
@Module({})
export class DatabaseModule {
  static readonly on = perDataSource((dataSource) => {
    const aliases = dataSource === undefined ? [] : aliasesOf(dataSource);
    return {
      module: DatabaseModule,
      imports: [TypeOrmModule.forFeature(entities, dataSource)],
      providers: [AfterCommit, Changes, hostSessions, NamedStatements, ...aliases],
      exports: [AfterCommit, Changes, NamedStatements, TypeOrmModule, ...aliases],
    };
  });
}

/** Our services ask for the DataSource, and the repositories, that have no name. */
function aliasesOf(dataSource: string): Provider[] {
  return [
    { provide: getDataSourceToken(), useExisting: getDataSourceToken(dataSource) },
    ...entities.map((entity) => ({
      provide: getRepositoryToken(entity),
      useExisting: getRepositoryToken(entity, dataSource),
    })),
  ];
}

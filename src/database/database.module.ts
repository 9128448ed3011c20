import { Module, type Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { AfterCommit } from './after-commit.js';
import { AccessChanges } from './notices/access-changes.js';
import { hostSessions } from './connections/host-sessions.js';
import { NamedStatements } from './named-statements.js';
import { oncePer } from './once-per.js';

/**
 * Provides the DataSource with Astra's tables, and services for its transactions. Modules that import it can inject
 * `DataSource`, regardless of its name. Astra's modules do not export it to the host's modules.
 */
@Module({})
export class DatabaseModule {
  static readonly on = oncePer((dataSource: string | undefined) => {
    const aliases = dataSource === undefined ? [] : aliasesOf(dataSource);
    return {
      module: DatabaseModule,
      providers: [AfterCommit, AccessChanges, hostSessions, NamedStatements, ...aliases],
      exports: [AfterCommit, AccessChanges, NamedStatements, ...aliases],
    };
  });
}

/** Astra's services inject the unnamed DataSource. */
function aliasesOf(dataSource: string): Provider[] {
  return [{ provide: getDataSourceToken(), useExisting: getDataSourceToken(dataSource) }];
}

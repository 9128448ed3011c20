import { Module, type Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { AfterCommit } from './after-commit.js';
import { AccessChanges } from './notices/access-changes.js';
import { hostSessions } from './connections/host-sessions.js';
import { NamedStatements } from './named-statements.js';
import { oncePer } from './once-per.js';

/**
 * The host's DataSource that knows Astra's tables, and what happens when a transaction commits there. Whoever imports it gets
 * that one injected as `DataSource`, whatever its name is; no module of ours exports it to the host's own.
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

/** Our services ask for the DataSource that has no name. */
function aliasesOf(dataSource: string): Provider[] {
  return [{ provide: getDataSourceToken(), useExisting: getDataSourceToken(dataSource) }];
}

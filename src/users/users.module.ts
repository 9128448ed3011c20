import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts.module.js';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { ProfileModule } from './profile/profile.module.js';
import { RoleDemoModule } from './role-demo/role-demo.module.js';

const accounts = AccountsModule.on(undefined);

@Module({})
class UsersOfInstallation {}

/**
 * Accounts. Import this class itself to inject {@link UsersService} and {@link AccountEvents} into your services; its
 * routes come with `AstraModule`.
 */
@Module({ imports: [accounts], exports: [accounts] })
export class UsersModule {
  /** Returns the one of an installation, with the routes below `/users`. */
  static readonly of = oncePer((astra: Installation): DynamicModule => ({
    module: UsersOfInstallation,
    imports: [
      AccountsModule.on(astra.dataSource),
      ProfileModule.of(astra),
      ...(astra.features.roleDemo ? [RoleDemoModule] : []),
    ],
    exports: [AccountsModule.on(astra.dataSource)],
  }));

  /** Returns the module to import instead if the option `dataSource` is set. */
  static on(dataSource?: string): DynamicModule {
    return AccountsModule.on(dataSource);
  }
}

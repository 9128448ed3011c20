import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdminModule, AuthModule, type AuthOptions } from 'nestjs-astra';
import { dataSource } from './database.js';
import { NotesModule } from './notes/notes.module.js';
import { roles } from './roles.js';

/** What differs between the places where the backend runs. */
export interface Settings {
  databaseUrl: string;
  accounts: AuthOptions;
}

@Module({})
export class AppModule {
  static forRoot({ databaseUrl, accounts }: Settings): DynamicModule {
    const auth = AuthModule.forRoot({ roles, ...accounts });
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot({ ...dataSource, url: databaseUrl, retryAttempts: 2 }),
        auth,
        AdminModule.forRoot(auth),
        NotesModule,
      ],
    };
  }
}

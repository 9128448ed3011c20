import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AstraModule, type AstraOptions } from 'nestjs-astra';
import { dataSource } from './database.js';
import { NotesModule } from './notes/notes.module.js';
import { roles } from './roles.js';

/** Configuration that differs between environments. */
export interface Settings {
  databaseUrl: string;
  accounts: AstraOptions;
}

@Module({})
export class AppModule {
  static forRoot({ databaseUrl, accounts }: Settings): DynamicModule {
    const astra = AstraModule.forRoot({ roles, ...accounts });
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot({ ...dataSource, url: databaseUrl, retryAttempts: 2 }),
        astra,
        NotesModule,
      ],
    };
  }
}

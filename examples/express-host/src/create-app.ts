import { Controller, type DynamicModule, Get, Module, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import {
  astraEntities,
  astraMigrations,
  AstraModule,
  type AstraOptions,
  CurrentUser,
  type Principal,
  Role,
  Roles,
} from 'nestjs-astra';

/** Configuration that differs between environments. */
export interface Settings {
  databaseUrl: string;
  accounts: AstraOptions;
}

/** DataSource options of the backend, also used by its tests. */
export const dataSource = {
  type: 'postgres',
  entities: astraEntities,
  migrations: astraMigrations,
  migrationsRun: true,
  migrationsTransactionMode: 'each',
  installExtensions: false,
} satisfies DataSourceOptions;

@Controller('hello')
class HelloController {
  @Get()
  @Roles(Role.User, Role.Moderator, Role.Admin)
  greet(@CurrentUser() { username }: Principal) {
    return `Hello, ${username}!`;
  }

  @Get('secret')
  @Roles(Role.Admin)
  tell() {
    return 'The key is under the doormat.';
  }
}

@Module({})
class AppModule {
  static forRoot({ databaseUrl, accounts }: Settings): DynamicModule {
    const astra = AstraModule.forRoot(accounts);
    return {
      module: AppModule,
      imports: [TypeOrmModule.forRoot({ ...dataSource, url: databaseUrl, retryAttempts: 2 }), astra],
      controllers: [HelloController],
    };
  }
}

/** Creates the backend, ready to listen, below `/express`. */
export async function createApp(
  settings: Settings,
  options: NestApplicationOptions = {},
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(settings),
    new ExpressAdapter(),
    { ...options, abortOnError: false },
  );
  app.setGlobalPrefix('express');
  return app;
}

import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AppController } from './app.controller.js';
import { AuthModule } from './auth/auth.module.js';
import type { Environment } from './env.js';
import { HealthModule } from './health/health.module.js';
import { ProblemsController } from './problem/problems.controller.js';
import type { AuthOptions } from './settings/auth-options.js';

/** What the stand-alone service is started with: the environment, with a secret key in any case. */
export type ServiceSettings = Omit<Environment, 'auth'> & { auth: AuthOptions };

/** The stand-alone service. */
@Module({})
export class AppModule {
  /** @param db - Connected already; the application closes it when it ends. */
  static forRoot({ auth }: Pick<ServiceSettings, 'auth'>, db: DataSource): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => db.options,
          dataSourceFactory: () => Promise.resolve(db),
        }),
        AuthModule.forRoot(auth),
        HealthModule,
      ],
      controllers: [AppController, ProblemsController],
    };
  }
}

/** Facts on which the generated files depend. */
export interface TemplateFacts {
  /** Ending of relative imports. */
  ending: string;
  /** Whether the application has a DataSource, which Astra then uses. */
  hasDataSource: boolean;
}

/** Options of Astra and, if there is none yet, of the DataSource. */
export function settings({ hasDataSource }: TemplateFacts): string {
  const names = hasDataSource
    ? 'type AstraOptions, SmtpMailer'
    : 'astraDataSource, type AstraOptions, SmtpMailer';
  const dataSource = `
/** Options of the DataSource. Add your entities and migrations to those of Astra. */
export function dataSourceOptions() {
  const astra = astraDataSource({ url: required('DATABASE_URL') });
  return {
    ...astra,
    entities: [...astra.entities],
    migrations: [...astra.migrations],
    // The first start creates the tables.
    migrationsRun: true,
  };
}
`;
  return `import { existsSync } from 'node:fs';
import { ${names} } from 'nestjs-astra';

// Variables that are set already stay as they are.
if (existsSync('.env')) process.loadEnvFile();
${hasDataSource ? '' : dataSource}
/** Options of Astra. */
export function astraOptions(): AstraOptions {
  const { PUBLIC_URL: publicUrl, SMTP_URL: smtpUrl } = process.env;
  return {
    secretKey: required('SECRET_KEY'),
    publicUrl,
    // Without a mailer, messages wait in the queue.
    ...(smtpUrl && { mail: { mailer: new SmtpMailer(smtpUrl) } }),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(\`Set \${name}, for example in .env\`);
  return value;
}
`;
}

/** Module with Astra and the example of a guarded route. */
export function accountsModule({ ending, hasDataSource }: TemplateFacts): string {
  const typeOrm = hasDataSource ? '' : "import { TypeOrmModule } from '@nestjs/typeorm';\n";
  const options = hasDataSource ? 'astraOptions' : 'astraOptions, dataSourceOptions';
  const dataSource = hasDataSource
    ? ''
    : '    TypeOrmModule.forRootAsync({ useFactory: dataSourceOptions }),\n';
  return `import { Module } from '@nestjs/common';
${typeOrm}import { AstraModule } from 'nestjs-astra';
import { MeController } from './me.controller${ending}';
import { ${options} } from './settings${ending}';

@Module({
  imports: [
${dataSource}    AstraModule.forRootAsync({ useFactory: astraOptions }),
  ],
  controllers: [MeController],
})
export class AccountsModule {}
`;
}

/** Example of a guarded route. */
export const meController = `import { Controller, Get } from '@nestjs/common';
import { Authenticated, CurrentUser, type Principal } from 'nestjs-astra';

/** An example of a guarded route. */
@Controller('me')
@Authenticated()
export class MeController {
  @Get()
  show(@CurrentUser() { userId, username }: Principal) {
    return { userId, username };
  }
}
`;

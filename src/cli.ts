#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { rotateKeys } from './auth/tokens/rotate-keys.js';
import { applyMigrations } from './database/apply-migrations.js';
import { type Environment, loadEnvironment } from './env.js';
import { Problem } from './problem/problem.js';
import { developmentSecret } from './service/development-secret.js';
import { ensureAdministrator } from './service/first-administrator.js';
import { openDatabase } from './service/open-database.js';

/** An operator command: what it is called, what it does, and how. */
interface Command {
  usage: string;
  does: string;
  run(env: Environment, args: string[]): Promise<void>;
}

const commands: Record<string, Command> = {
  'create-admin': {
    usage: 'create-admin [--username <name>] [--email <address>]',
    does: 'Makes the first administrator; asks for the password, or reads it from standard input.',
    run: createAdmin,
  },
  'rotate-keys': {
    usage: 'rotate-keys [--sign-after <seconds>]',
    does: 'Makes the next signing key: published at once, it signs after 120 seconds or as said.',
    run: rotate,
  },
  migrate: { usage: 'migrate', does: 'Brings the tables up to date.', run: migrate },
};

const [name = 'help', ...args] = process.argv.slice(2);
const command = commands[name];
try {
  if (command) await command.run(loadEnvironment(), args);
  else help();
} catch (error) {
  console.error((error as Error).message);
  if (error instanceof Problem) error.errors?.forEach(({ msg }) => console.error(`  ${msg}`));
  process.exitCode = 1;
}

function help(): void {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length));
  console.log(
    [
      'Usage: astra <command>',
      '',
      ...Object.values(commands).map(({ usage, does }) => `  ${usage.padEnd(width)}  ${does}`),
    ].join('\n'),
  );
  if (name !== 'help' && name !== '--help') {
    console.error(`\nThere is no command "${name}".`);
    process.exitCode = 2;
  }
}

async function createAdmin(env: Environment, args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { username: { type: 'string' }, email: { type: 'string' } },
  });
  const secretKey = env.auth.secretKey ?? (await developmentSecret(env.dataDir, console.error));
  const database = await openDatabase(env, console.error);
  const app = await NestFactory.createApplicationContext(
    AppModule.forRoot({ auth: { ...env.auth, secretKey } }, database.db),
    {
      logger: ['error', 'fatal'],
      abortOnError: false,
    },
  );
  try {
    const username = values.username ?? env.admin?.username ?? (await ask('Username: '));
    const email = values.email ?? env.admin?.email ?? (await ask('Email address: '));
    const password = env.admin?.password ?? (await askSecretly('Password: '));
    const made = await ensureAdministrator(app, { username, email, password });
    console.log(
      made
        ? `Made the administrator ${username}.`
        : 'There is an administrator already; nothing was changed.',
    );
  } finally {
    await app.close();
    await database.close();
  }
}

async function rotate({ auth }: Environment, args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { 'sign-after': { type: 'string', default: '120' } } });
  const signAfter = /^\d{1,7}$/.test(values['sign-after']) ? Number(values['sign-after']) : undefined;
  if (signAfter === undefined) throw new Error('--sign-after must be a number of seconds.');
  const { algorithm, jwtPrivateKeysDir: directory, accessTokenTtl } = auth;
  if (algorithm === 'HS256' || !directory) {
    throw new Error(
      'There are no keys to rotate under HS256. Set ALGORITHM and JWT_PRIVATE_KEYS_DIR; or change SECRET_KEY and name the old one in SECRET_KEY_PREVIOUS.',
    );
  }
  const { kid, signsFrom, removed } = await rotateKeys({ directory, algorithm, signAfter, accessTokenTtl });
  console.log(`Made the key ${kid}; it signs from ${signsFrom.toISOString()}.`);
  for (const old of removed) console.log(`Removed the key ${old}: its last token has ended.`);
}

async function migrate(env: Environment): Promise<void> {
  const database = await openDatabase(env, console.error);
  try {
    const applied = await applyMigrations(database.db);
    for (const migration of applied) console.log(`Applied ${migration}`);
    console.log(applied.length > 0 ? 'The tables are up to date now.' : 'The tables were up to date.');
  } finally {
    await database.close();
  }
}

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Error('Standard input holds the password: name the account by --username and --email.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

/** Reads a line without showing it; from a pipe, all of it but the line break at its end. */
async function askSecretly(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  process.stderr.write(question);
  const terminal = createInterface({ input: process.stdin, terminal: true });
  try {
    // Without an output, readline edits the line but shows nothing of it.
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

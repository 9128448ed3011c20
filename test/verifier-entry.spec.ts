import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import { DocumentSecurity } from '../src/access/openapi/document-security.js';

const repository = fileURLToPath(new URL('..', import.meta.url));

async function load(path: string): Promise<{ files: number; packages: string[] }> {
  const loader = ['--disable-warning=ExperimentalWarning', '--import', './test/support/typescript.mjs'];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...loader, 'test/support/loaded-modules.mjs', path],
    { cwd: repository, env },
  );
  return JSON.parse(stdout) as { files: number; packages: string[] };
}

/** What only a service with the accounts needs. */
const NOT_FOR_VERIFIERS = [
  ...['typeorm', '@nestjs/typeorm', 'pg', 'pg-boss', 'ioredis', 'rate-limiter-flexible', 'nodemailer'],
  ...['class-validator', 'class-transformer', '@nestjs/swagger', '@nestjs/platform-fastify', 'fastify'],
  ...['@node-rs/argon2', '@zxcvbn-ts/language-common', 'bowser', 'eta', 'pino', 'prom-client'],
];

describe('nestjs-astra/verifier', () => {
  it('loads nothing that only a service with the accounts needs', async () => {
    const { packages } = await load('src/verifier/index.ts');
    expect(packages).toContain('@nestjs/core');
    expect(packages.filter((name) => NOT_FOR_VERIFIERS.includes(name))).toEqual([]);
  }, 60_000);

  it('is told apart by that from the whole, which does load them', async () => {
    const { packages } = await load('src/index.ts');
    expect(packages).toEqual(expect.arrayContaining(['typeorm', 'class-validator', '@nestjs/swagger']));
  }, 60_000);
});

describe('the lock of a route in a document', () => {
  it.each<[string, (string | null)[], () => (ClassDecorator & MethodDecorator)[]]>([
    ['a scheme', ['astra'], () => [ApiBearerAuth('astra')]],
    ['a scheme or none', ['astra', null], () => [ApiBearerAuth('astra'), ApiSecurity({})]],
  ])('is the one of @nestjs/swagger for %s, on classes and methods', (_, schemes, theirs) => {
    class Ours {
      method() {}
    }
    class Theirs {
      method() {}
    }
    // Anew for each target: theirs remember what they said before.
    const decorate = (target: typeof Ours, make: () => (ClassDecorator & MethodDecorator)[]) => {
      const descriptor = Object.getOwnPropertyDescriptor(target.prototype, 'method')!;
      for (const decorator of make()) decorator(target);
      for (const decorator of make()) decorator(target.prototype, 'method', descriptor);
    };
    decorate(Ours, () => [DocumentSecurity(...schemes)]);
    decorate(Theirs, theirs);
    const securityOf = (target: object): unknown => Reflect.getMetadata('swagger/apiSecurity', target);
    expect(securityOf(Ours)).toEqual(securityOf(Theirs));
    expect(securityOf(Ours.prototype.method)).toEqual(securityOf(Theirs.prototype.method));
    expect(securityOf(Ours)).toHaveLength(schemes.length);
  });
});

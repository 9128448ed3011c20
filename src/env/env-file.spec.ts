import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOf, temporaryFolder } from '../../test/support/variables.js';
import { loadEnvironment, type Variables } from '../env.js';
import { parseEnvFile } from './env-file.js';

const { folder, file } = temporaryFolder();

describe('loadEnvironment', () => {
  const load = (content: string, variables: Variables = {}) =>
    loadEnvironment(variables, file('.env', content));

  it('reads .env', () => {
    expect(load('PORT=8001\nJWT_ISSUER="a # b"\n')).toMatchObject({ port: 8001, auth: { issuer: 'a # b' } });
  });

  it('lets the process win, also by an empty variable, whatever the variables of dotenv say', () => {
    process.env.DOTENV_OVERRIDE = 'true';
    try {
      const variables = { PORT: '8002', HOST: '' };
      expect(load('PORT=8001\nHOST=127.0.0.1', variables)).toMatchObject({ port: 8002, host: '127.0.0.1' });
    } finally {
      delete process.env.DOTENV_OVERRIDE;
    }
  });

  it.each([
    ['PORT=8001', '8001'],
    ['  PORT = 8001  ', '8001'],
    ['export PORT=8001', '8001'],
    ['PORT=8001 # comment', '8001'],
    ['PORT="8001" # comment', '8001'],
    ["PORT='8001'  # comment", '8001'],
    ['\uFEFFPORT=8001', '8001'],
    ['# comment\r\n\r\nPORT=8001\r\n', '8001'],
    ['PORT=1\nPORT=8001', '8001'],
    ['PORT=s3cret#tail', 's3cret#tail'],
    ['PORT="s3cret # tail"', 's3cret # tail'],
    ["PORT='s3cret #$tail\\n'", 's3cret #$tail\\n'],
    ['PORT="say \\"hi\\" \\\\"', 'say "hi" \\'],
    ['PORT=C:\\temp\\new', 'C:\\temp\\new'],
    ['PORT=a"b\'c', 'a"b\'c'],
    ['PORT=`a`', '`a`'],
    ['PORT=a=b', 'a=b'],
    ['PORT=', ''],
    ['PORT=""', ''],
    ['PORT= a b ', 'a b'],
  ])('%j is read as Docker Compose reads it: %j', (text, value) => {
    expect(parseEnvFile(Buffer.from(text))).toEqual({ values: { PORT: value }, problems: [] });
  });

  it.each([
    ['PORT=s3cret$tail', 'PORT has a $, which Docker Compose would replace: put the value in single quotes'],
    ['PORT="${TAIL}"', 'PORT has a $, which Docker Compose would replace: put the value in single quotes'],
    ['PORT=#s3cret', 'PORT has a # that may start a comment: put the value in single quotes'],
    ['PORT= # s3cret', 'PORT has a # that may start a comment: put the value in single quotes'],
    ['PORT=s3cret\t# tail', 'PORT has a # that may start a comment: put the value in single quotes'],
    ['PORT="s3cret\\ntail"', 'PORT has a backslash in double quotes: put the value in single quotes'],
    ["PORT='s3cret\\'tail'", 'PORT has no closing quote on its line, or a quote after a backslash'],
    ['PORT="s3cret', 'PORT has no closing quote on its line, or a quote after a backslash'],
    ['PORT="s3cret\ntail"', 'PORT has no closing quote on its line, or a quote after a backslash'],
    ['PORT="s3cret"tail', 'PORT has text after its closing quote'],
    ["PORT='s3cret' 'tail'", 'PORT has text after its closing quote'],
    ['PORT: s3cret', 'must be NAME=value, or a comment after #'],
    ['PORT s3cret', 'must be NAME=value, or a comment after #'],
    ['s3cret', 'must be NAME=value, or a comment after #'],
    ['=s3cret', 'must be NAME=value, or a comment after #'],
    ['PORT-X=s3cret', 'must be NAME=value, or a comment after #'],
  ])('%j can be read in two ways, so it is refused by its line', (text, sentence) => {
    const [line, ...more] = parseEnvFile(Buffer.from(`HOST=a\n\n${text}`)).problems;
    expect(line).toBe(`.env, line 3${sentence.startsWith('PORT') ? ': ' : ' '}${sentence}`);
    expect(more.join()).not.toContain('s3cret');
    expect(line).not.toContain('s3cret');
  });

  it.each([
    ['UTF-16 of PowerShell', Buffer.from('\uFEFFPORT=8001', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('PORT=8001', 'utf16le')],
    ['UTF-16, the other way round', Buffer.from('\uFEFFPORT=8001', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('POSTGRES_PASSWORD=ü', 'latin1')],
  ])('refuses %s, which would be read as something else or not at all', (_, content) => {
    expect(problemsOf(() => loadEnvironment({}, file('.env', content)))).toEqual([
      '.env must be UTF-8 text; Windows PowerShell writes UTF-16 by ">"',
    ]);
  });

  it('refuses all lines at once that can be read in two ways, and starts with none of them', () => {
    expect(problemsOf(() => load('PORT=$X\nHOST=a\nJWT_ISSUER="\n'))).toHaveLength(2);
  });

  it('can do without .env', () => {
    expect(loadEnvironment({ PORT: '8003' }, join(folder, 'none')).port).toBe(8003);
  });

  it('refuses a .env that cannot be read', () => {
    mkdirSync(join(folder, 'directory'));
    expect(problemsOf(() => loadEnvironment({}, join(folder, 'directory')))).toEqual([
      'the file .env cannot be read',
    ]);
  });

  it('knows which names are from .env', () => {
    expect(problemsOf(() => load('PROT=8001'))).toEqual(['PROT is not a setting; did you mean PORT?']);
    expect(problemsOf(() => load('', { PROT: '8001' }))).toEqual([]);
  });

  it('writes nothing to the log', () => {
    const written: unknown[] = [];
    const { log, error } = console;
    console.log = console.error = (...parts: unknown[]) => written.push(parts);
    try {
      load('PORT=8001');
    } finally {
      Object.assign(console, { log, error });
    }
    expect(written).toEqual([]);
  });
});

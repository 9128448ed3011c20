import { readFile, writeFile } from 'node:fs/promises';
import { clientTypes, type Document } from '../support/client-types.js';
import { TestService } from '../support/test-service.js';

const file = new URL('../../src/client/api.ts', import.meta.url);

describe('the types of the client', () => {
  it('are those of the OpenAPI document', async () => {
    const service = await TestService.start({
      signInMethods: ['password', 'passkey', 'email-code'],
      ...{ passwordless: true, webhooks: true },
      auth: { providers: { google: { clientId: 'x', clientSecret: 'y' } } },
    });
    try {
      const answer = await fetch(`${service.origin}/openapi.json`);
      const types = await clientTypes((await answer.json()) as Document, service.prefix);
      if (process.env.ACCEPT === 'client') await writeFile(file, types);
      expect(await readFile(file, 'utf8')).toBe(types);
    } finally {
      await service.stop();
    }
  });
});

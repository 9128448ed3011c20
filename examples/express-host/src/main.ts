import { createApp } from './create-app.js';

const { DATABASE_URL, SECRET_KEY, PORT = '3000' } = process.env;
if (!DATABASE_URL || !SECRET_KEY)
  throw new Error('Set DATABASE_URL and SECRET_KEY (openssl rand -base64 32)');

const app = await createApp({ databaseUrl: DATABASE_URL, accounts: { secretKey: SECRET_KEY } });
app.enableShutdownHooks();
await app.listen(Number(PORT), '0.0.0.0');

import { SmtpMailer } from 'nestjs-astra';
import { createApp } from './create-app.js';

const { DATABASE_URL, SECRET_KEY, SMTP_URL, PUBLIC_URL, PORT = '3000' } = process.env;
if (!DATABASE_URL || !SECRET_KEY)
  throw new Error('Set DATABASE_URL and SECRET_KEY (openssl rand -base64 32)');

const app = await createApp({
  databaseUrl: DATABASE_URL,
  accounts: {
    secretKey: SECRET_KEY,
    publicUrl: PUBLIC_URL,
    mail: { mailer: SMTP_URL ? new SmtpMailer(SMTP_URL) : undefined },
  },
});
app.enableShutdownHooks();
await app.listen(Number(PORT), '0.0.0.0');

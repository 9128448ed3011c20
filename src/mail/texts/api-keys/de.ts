import type { MailTexts } from '../../../settings/mail/mail-language.js';

/** Messages about API keys in German. */
export const apiKeyTexts: Pick<MailTexts, 'api-key-created' | 'api-key-expires'> = {
  'api-key-created': ({ product, scopes, createdAt, expiresAt }) => ({
    subject: `Neuer API-Schlüssel für Ihr Konto bei ${product}`,
    paragraphs: [
      `Für Ihr Konto wurde am ${createdAt} ein API-Schlüssel erstellt. Mit ihm können Programme Ihr Konto bis ${expiresAt} nutzen. Seine Berechtigungen sind: ${scopes}.`,
      'Wenn Sie das nicht waren, widerrufen Sie ihn bitte in Ihrem Konto, setzen Sie Ihr Passwort zurück und geben Sie uns Bescheid.',
    ],
  }),
  'api-key-expires': ({ product, hint, expiresAt }) => ({
    subject: `Ein API-Schlüssel Ihres Kontos bei ${product} läuft bald ab`,
    paragraphs: [
      `Der API-Schlüssel, der auf „${hint}“ endet, läuft am ${expiresAt} ab. Programme, die ihn verwenden, werden danach abgewiesen.`,
      'Wenn Sie ihn weiterhin benötigen, erstellen Sie bitte einen neuen Schlüssel und ersetzen Sie den alten in Ihren Programmen.',
    ],
  }),
};

import type { MailLanguage } from '../mail-data.js';

const notMe =
  'Das waren nicht Sie? Dann wählen Sie sofort ein neues Passwort, über „Passwort vergessen“ auf der Anmeldeseite, und sagen Sie uns Bescheid.';

/** Mail in German. */
export const de: MailLanguage = {
  tag: 'de-DE',
  greeting: 'Guten Tag,',
  linkHint: 'Falls die Schaltfläche nicht geht, öffnen Sie diese Adresse:',
  footer: (product) =>
    `${product} hat diese Nachricht selbsttätig verschickt. Antworten darauf liest niemand.`,
  texts: {
    'verify-email': ({ product, expiresAt, username, registeredAt, origin }) => ({
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${product}`,
      paragraphs: [
        ...(username && registeredAt
          ? [
              `Diese E-Mail-Adresse wurde für das Konto „${username}“ angegeben, angelegt am ${registeredAt}${origin ? ` (${origin})` : ''}.`,
            ]
          : []),
        'Haben Sie das Konto angelegt, bestätigen Sie bitte, dass dies Ihre E-Mail-Adresse ist.',
      ],
      button: 'E-Mail-Adresse bestätigen',
      afterwards: [
        `Der Link gilt einmal, bis ${expiresAt}.`,
        'Haben Sie dieses Konto nicht angelegt, bestätigen Sie es nicht: Jemand anderes kennt sein Passwort. Öffnen Sie den Link und wählen Sie „Dieses Konto habe ich nicht angelegt“, oder ignorieren Sie diese E-Mail.',
      ],
    }),
    'reset-password': ({ product, expiresAt }) => ({
      subject: `Wählen Sie ein neues Passwort für ${product}`,
      paragraphs: ['Mit diesem Link wählen Sie ein neues Passwort. Sie werden überall abgemeldet.'],
      button: 'Neues Passwort wählen',
      afterwards: [
        `Der Link gilt einmal, bis ${expiresAt}.`,
        'Sie haben nicht darum gebeten? Dann tun Sie nichts: Ihr Passwort bleibt, wie es ist.',
      ],
    }),
    'password-ended': ({ product, expiresAt }) => ({
      subject: `Ihr Passwort für ${product} gilt nicht mehr`,
      paragraphs: [
        'Zum Schutz Ihres Kontos wurde Ihr Passwort ungültig gemacht, und Sie wurden überall abgemeldet.',
        'Wählen Sie ein neues Passwort, um sich wieder anzumelden, und zwar eines, das Sie noch nie verwendet haben.',
      ],
      button: 'Neues Passwort wählen',
      afterwards: [
        `Der Link gilt einmal, bis ${expiresAt}.`,
        'Ist er abgelaufen, verwenden Sie „Passwort vergessen“ auf der Anmeldeseite.',
      ],
    }),
    'set-password': ({ product, username, expiresAt }) => ({
      subject: `Wählen Sie ein Passwort für Ihr Konto bei ${product}`,
      paragraphs: [
        `Ihr Konto bei ${product} hat kein Passwort. Ihr Benutzername ist ${username}.`,
        'Wählen Sie ein Passwort, um sich anzumelden.',
      ],
      button: 'Passwort wählen',
      afterwards: [`Der Link gilt einmal, bis ${expiresAt}.`],
    }),
    'confirm-email-change': ({ product, expiresAt }) => ({
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${product}`,
      paragraphs: [
        `Bitte bestätigen Sie, dass Ihr Konto bei ${product} diese E-Mail-Adresse verwenden soll.`,
      ],
      button: 'Diese Adresse verwenden',
      afterwards: [
        `Der Link gilt einmal, bis ${expiresAt}.`,
        'Sie haben nicht darum gebeten? Dann tun Sie nichts: Es ändert sich nichts.',
      ],
    }),
    'email-change-notice': ({ product, newEmail }) => ({
      subject: `Ihre E-Mail-Adresse bei ${product} soll sich ändern`,
      paragraphs: [
        `Jemand, der in Ihrem Konto angemeldet ist, möchte ${newEmail} statt dieser Adresse verwenden. Es ändert sich nichts, bevor das von dort bestätigt ist.`,
        notMe,
      ],
    }),
    'email-changed': ({ product, newEmail, changedAt, expiresAt }) => ({
      subject: `Ihre E-Mail-Adresse bei ${product} wurde geändert`,
      paragraphs: [
        `Seit dem ${changedAt} verwendet Ihr Konto ${newEmail}. Dies ist die letzte Nachricht an diese Adresse.`,
        expiresAt
          ? 'Wenn Sie das nicht waren, machen Sie die Änderung rückgängig: Ihr Konto verwendet dann wieder diese Adresse, und alle werden abgemeldet.'
          : 'Wenn Sie das nicht waren, schreiben Sie uns sofort: Mit dieser Adresse kommen Sie nicht mehr selbst hinein.',
      ],
      ...(expiresAt && {
        button: 'Änderung rückgängig machen',
        afterwards: [`Der Link gilt einmal, bis ${expiresAt}.`],
      }),
    }),
    'email-change-undone': ({ product, changedAt }) => ({
      subject: `Ihr Konto bei ${product} verwendet wieder die frühere E-Mail-Adresse`,
      paragraphs: [
        `Am ${changedAt} wurde die Änderung auf diese Adresse von der früheren aus rückgängig gemacht. Das Passwort und alle Sitzungen sind beendet.`,
        'Wenn Sie das nicht erwartet haben, schreiben Sie uns.',
      ],
    }),
    'password-changed': ({ product, changedAt }) => ({
      subject: `Ihr Passwort bei ${product} wurde geändert`,
      paragraphs: [`Ihr Passwort wurde am ${changedAt} geändert.`, notMe],
    }),
    'username-changed': ({ product, changedAt }) => ({
      subject: `Ihr Benutzername bei ${product} wurde geändert`,
      paragraphs: [`Der Benutzername, mit dem Sie sich anmelden, wurde am ${changedAt} geändert.`, notMe],
    }),
    'new-sign-in': ({ product, device, ip, signedInAt }) => ({
      subject: `Neue Anmeldung bei ${product}`,
      paragraphs: [
        'In Ihrem Konto hat sich jemand von einem Gerät angemeldet, das wir noch nicht kannten.',
        `${device}${ip ? `, von ${ip}` : ''}, am ${signedInAt}.`,
        `Das waren Sie? Dann ist nichts zu tun. ${notMe}`,
      ],
    }),
    'session-replayed': ({ product, device, ip, endedAt }) => ({
      subject: `Wir haben Sie auf einem Gerät von ${product} abgemeldet`,
      paragraphs: [
        'Eine Ihrer Sitzungen wurde von zwei Orten zugleich benutzt; vielleicht hat sie jemand kopiert. Wir haben sie beendet.',
        `${device}${ip ? `, zuletzt von ${ip}` : ''}, am ${endedAt}.`,
        'Melden Sie sich dort wieder an. Sehen Sie Sitzungen, die Sie nicht kennen, so beenden Sie diese und wählen Sie ein neues Passwort.',
      ],
    }),
    'account-deactivated': ({ product }) => ({
      subject: `Ihr Konto bei ${product} wurde gesperrt`,
      paragraphs: [
        'Eine Administratorin oder ein Administrator hat Ihr Konto gesperrt. Sie können sich nicht anmelden, bis es wieder freigegeben ist.',
        'Sie halten das für einen Irrtum? Dann schreiben Sie uns.',
      ],
    }),
    'account-deleted': ({ product, erasedAt }) => ({
      subject: `Ihr Konto bei ${product} wurde gelöscht`,
      paragraphs: [
        `Ihr Konto wurde gelöscht. Was wir über Sie gespeichert haben, wird am ${erasedAt} entfernt.`,
        'Das waren nicht Sie, oder Sie haben es sich anders überlegt? Dann schreiben Sie uns vorher.',
      ],
    }),
    'registration-attempt': ({ product }) => ({
      subject: `Sie haben schon ein Konto bei ${product}`,
      paragraphs: [
        `Jemand wollte diese E-Mail-Adresse für ein anderes Konto bei ${product} verwenden. Sie hat aber schon eines.`,
        'Das waren Sie? Dann melden Sie sich an, wenn nötig über „Passwort vergessen“. Sonst ist nichts zu tun.',
      ],
    }),
    digest: ({ product, changes }) => ({
      subject: `Weitere Änderungen an Ihrem Konto bei ${product}`,
      paragraphs: [
        changes === 1
          ? 'Seit unserer letzten Nachricht gab es eine weitere Änderung an Ihrem Konto.'
          : `Seit unserer letzten Nachricht gab es ${changes} weitere Änderungen an Ihrem Konto.`,
        'In kurzer Zeit fielen so viele Nachrichten an, dass wir sie nicht alle einzeln verschickt haben. Sie finden die Änderungen unter Ihren letzten Aktivitäten.',
        notMe,
      ],
    }),
  },
};

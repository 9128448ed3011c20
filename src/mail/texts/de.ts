import { apiKeyTexts } from './api-keys/de.js';
import type { MailLanguage } from '../../settings/mail/mail-language.js';
import { passkeyTextsDe } from './passkey-texts.js';
import { webhookTextsDe } from './webhook-texts.js';

const notMe =
  'Wenn Sie das nicht waren, setzen Sie Ihr Passwort bitte sofort über „Passwort vergessen“ auf der Anmeldeseite zurück und geben Sie uns Bescheid.';

/** Messages in German. */
export const de: MailLanguage = {
  tag: 'de-DE',
  greeting: 'Guten Tag,',
  linkHint: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:',
  footer: (product) =>
    `Dies ist eine automatische Nachricht von ${product}. Bitte antworten Sie nicht darauf.`,
  texts: {
    'verify-email': ({ product, expiresAt, username, registeredAt, origin }) => ({
      subject: `Bitte bestätigen Sie Ihre E-Mail-Adresse für ${product}`,
      paragraphs: [
        ...(username && registeredAt
          ? [
              `Am ${registeredAt} wurde mit dieser E-Mail-Adresse das Konto „${username}“ angelegt${origin ? ` (${origin})` : ''}.`,
            ]
          : []),
        'Wenn Sie das Konto angelegt haben, bestätigen Sie bitte Ihre E-Mail-Adresse.',
      ],
      button: 'E-Mail-Adresse bestätigen',
      afterwards: [
        `Der Link ist bis ${expiresAt} gültig und kann einmal verwendet werden.`,
        'Wenn Sie das Konto nicht angelegt haben, bestätigen Sie es bitte nicht: Jemand anderes kennt das Passwort. Öffnen Sie den Link und wählen Sie „Dieses Konto habe ich nicht angelegt“, oder ignorieren Sie diese E-Mail.',
      ],
    }),
    'reset-password': ({ product, expiresAt }) => ({
      subject: `Setzen Sie Ihr Passwort für ${product} zurück`,
      paragraphs: [
        'Über diesen Link können Sie ein neues Passwort festlegen. Danach werden Sie auf allen Geräten abgemeldet.',
      ],
      button: 'Neues Passwort festlegen',
      afterwards: [
        `Der Link ist bis ${expiresAt} gültig und kann einmal verwendet werden.`,
        'Wenn Sie kein neues Passwort angefordert haben, können Sie diese E-Mail ignorieren. Ihr Passwort bleibt unverändert.',
      ],
    }),
    'email-code': ({ product, code, device, ip, expiresAt }) => ({
      subject: `Ihr Code für ${product}`,
      paragraphs: [
        `Ihr Code lautet ${code}.`,
        `Er wurde auf diesem Gerät angefordert: ${device}${ip ? ` (${ip})` : ''}. Geben Sie ihn dort ein, wo Sie ihn angefordert haben. Er ist bis ${expiresAt} gültig und kann einmal verwendet werden.`,
      ],
      button: 'Anmelden',
      afterwards: [
        'Geben Sie diesen Code niemandem. Wir fragen Sie nie danach. Wenn Sie ihn nicht angefordert haben, können Sie diese E-Mail ignorieren. Ohne den Code kann sich niemand anmelden.',
      ],
    }),
    'password-ended': ({ product, expiresAt }) => ({
      subject: `Ihr Passwort für ${product} ist nicht mehr gültig`,
      paragraphs: [
        'Zum Schutz Ihres Kontos haben wir Ihr Passwort gesperrt und Sie auf allen Geräten abgemeldet.',
        'Um sich wieder anzumelden, legen Sie bitte ein neues Passwort fest, das Sie noch nie verwendet haben.',
      ],
      button: 'Neues Passwort festlegen',
      afterwards: [
        `Der Link ist bis ${expiresAt} gültig und kann einmal verwendet werden.`,
        'Wenn er abgelaufen ist, verwenden Sie „Passwort vergessen“ auf der Anmeldeseite.',
      ],
    }),
    'set-password': ({ product, username, expiresAt }) => ({
      subject: `Legen Sie ein Passwort für Ihr Konto bei ${product} fest`,
      paragraphs: [
        `Ihr Konto bei ${product} hat noch kein Passwort. Ihr Benutzername lautet ${username}.`,
        'Legen Sie ein Passwort fest, um sich anzumelden.',
      ],
      button: 'Passwort festlegen',
      afterwards: [`Der Link ist bis ${expiresAt} gültig und kann einmal verwendet werden.`],
    }),
    'confirm-email-change': ({ product, expiresAt }) => ({
      subject: `Bitte bestätigen Sie Ihre neue E-Mail-Adresse für ${product}`,
      paragraphs: [
        `Bitte bestätigen Sie, dass Sie diese E-Mail-Adresse für Ihr Konto bei ${product} verwenden möchten.`,
      ],
      button: 'Diese E-Mail-Adresse verwenden',
      afterwards: [
        `Der Link ist bis ${expiresAt} gültig und kann einmal verwendet werden.`,
        'Wenn Sie diese Änderung nicht angefordert haben, können Sie diese E-Mail ignorieren. Es ändert sich nichts.',
      ],
    }),
    'email-change-notice': ({ product, newEmail }) => ({
      subject: `Änderung Ihrer E-Mail-Adresse bei ${product} angefordert`,
      paragraphs: [
        `Jemand, der in Ihrem Konto angemeldet ist, möchte die E-Mail-Adresse in ${newEmail} ändern. Bis die neue E-Mail-Adresse bestätigt ist, bleibt die bisherige gültig.`,
        notMe,
      ],
    }),
    'email-changed': ({ product, newEmail, changedAt, expiresAt }) => ({
      subject: `Ihre E-Mail-Adresse bei ${product} wurde geändert`,
      paragraphs: [
        `Ihr Konto verwendet seit dem ${changedAt} die E-Mail-Adresse ${newEmail}. An diese E-Mail-Adresse senden wir keine weiteren Nachrichten.`,
        expiresAt
          ? 'Wenn Sie das nicht waren, machen Sie die Änderung bitte rückgängig. Ihr Konto verwendet dann wieder diese E-Mail-Adresse, und alle Geräte werden abgemeldet.'
          : 'Wenn Sie das nicht waren, geben Sie uns bitte sofort Bescheid. Mit dieser E-Mail-Adresse können Sie den Zugang nicht selbst wiederherstellen.',
      ],
      ...(expiresAt && {
        button: 'Änderung rückgängig machen',
        afterwards: [`Der Link ist bis ${expiresAt} gültig und kann einmal verwendet werden.`],
      }),
    }),
    'email-change-undone': ({ product, changedAt }) => ({
      subject: `Ihr Konto bei ${product} verwendet wieder die frühere E-Mail-Adresse`,
      paragraphs: [
        `Die Änderung auf diese E-Mail-Adresse wurde am ${changedAt} von der früheren E-Mail-Adresse aus rückgängig gemacht. Das Passwort des Kontos wurde gesperrt, und alle Sitzungen wurden beendet.`,
        'Wenn Sie das nicht erwartet haben, geben Sie uns bitte Bescheid.',
      ],
    }),
    'password-changed': ({ product, changedAt }) => ({
      subject: `Ihr Passwort für ${product} wurde geändert`,
      paragraphs: [`Ihr Passwort wurde am ${changedAt} geändert.`, notMe],
    }),
    'password-removed': ({ product, removedAt }) => ({
      subject: `Ihr Passwort für ${product} wurde entfernt`,
      paragraphs: [
        `Am ${removedAt} wurde das Passwort Ihres Kontos entfernt. Alle anderen Geräte wurden abgemeldet. Ab jetzt melden Sie sich mit einem Passkey an.`,
        notMe,
      ],
    }),
    'factor-added': ({ product, addedAt }) => ({
      subject: `Zweiter Faktor für Ihr Konto bei ${product} hinzugefügt`,
      paragraphs: [
        `Am ${addedAt} wurde Ihrem Konto eine Authenticator-App hinzugefügt. Ab jetzt brauchen Sie bei jeder Anmeldung einen Code aus dieser App.`,
        'Auf allen anderen Geräten wurden Sie abgemeldet. Bewahren Sie Ihre Wiederherstellungscodes sicher auf: Mit ihnen können Sie sich anmelden, wenn Sie die App verlieren.',
        notMe,
      ],
    }),
    'factor-removed': ({ product, removedAt }) => ({
      subject: `Zweiter Faktor für Ihr Konto bei ${product} entfernt`,
      paragraphs: [
        `Am ${removedAt} wurde die Authenticator-App aus Ihrem Konto entfernt. Ihre Wiederherstellungscodes sind nicht mehr gültig, und zur Anmeldung genügt Ihr Passwort.`,
        notMe,
      ],
    }),
    'recovery-code-used': ({ product, usedAt, left }) => ({
      subject: `Ein Wiederherstellungscode für ${product} wurde verwendet`,
      paragraphs: [
        `Am ${usedAt} wurde ein Wiederherstellungscode Ihres Kontos verwendet.`,
        left === 0
          ? 'Es war Ihr letzter. Erstellen Sie bitte jetzt neue Wiederherstellungscodes.'
          : left === 1
            ? 'Sie haben noch einen Wiederherstellungscode. Erstellen Sie bitte bald neue.'
            : `Sie haben noch ${left} Wiederherstellungscodes.`,
        notMe,
      ],
    }),
    'recovery-codes-replaced': ({ product, replacedAt }) => ({
      subject: `Ihre Wiederherstellungscodes für ${product} wurden ersetzt`,
      paragraphs: [
        `Am ${replacedAt} wurden für Ihr Konto neue Wiederherstellungscodes erstellt. Die bisherigen sind nicht mehr gültig, und auf allen anderen Geräten wurden Sie abgemeldet.`,
        notMe,
      ],
    }),
    'password-known': ({ product }) => ({
      subject: `Möglicherweise kennt jemand Ihr Passwort für ${product}`,
      paragraphs: [
        'Jemand hat Ihr richtiges Passwort und danach mehrere falsche Codes eingegeben. Ohne Ihren zweiten Faktor war die Anmeldung nicht möglich.',
        `Wenn Sie das waren, können Sie diese E-Mail ignorieren. ${notMe}`,
      ],
    }),
    'username-changed': ({ product, changedAt }) => ({
      subject: `Ihr Benutzername bei ${product} wurde geändert`,
      paragraphs: [`Der Benutzername, mit dem Sie sich anmelden, wurde am ${changedAt} geändert.`, notMe],
    }),
    'new-sign-in': ({ product, device, ip, signedInAt }) => ({
      subject: `Neue Anmeldung bei ${product}`,
      paragraphs: [
        'In Ihrem Konto gab es eine Anmeldung von einem uns bisher unbekannten Gerät:',
        `${device}${ip ? `, ${ip}` : ''}, am ${signedInAt}.`,
        `Wenn Sie das waren, können Sie diese E-Mail ignorieren. ${notMe}`,
      ],
      button: 'Ihre Sitzungen ansehen',
    }),
    'session-replayed': ({ product, device, ip, endedAt }) => ({
      subject: `Wir haben eine Ihrer Sitzungen bei ${product} beendet`,
      paragraphs: [
        'Eine Ihrer Sitzungen wurde von zwei Orten gleichzeitig verwendet. Möglicherweise wurde sie kopiert, deshalb haben wir sie beendet:',
        `${device}${ip ? `, zuletzt von ${ip}` : ''}, am ${endedAt}.`,
        'Sie können sich auf diesem Gerät wieder anmelden. Wenn Sie Sitzungen sehen, die Sie nicht kennen, beenden Sie diese bitte und legen Sie ein neues Passwort fest.',
      ],
      button: 'Ihre Sitzungen ansehen',
    }),
    ...passkeyTextsDe,
    'passkey-removed': ({ product, authenticator, removedAt }) => ({
      subject: `Ein Passkey wurde aus Ihrem Konto bei ${product} entfernt`,
      paragraphs: [
        `Am ${removedAt} wurde ein Passkey${authenticator ? ` (${authenticator})` : ''} aus Ihrem Konto entfernt. Alle anderen Geräte wurden abgemeldet.`,
        notMe,
      ],
    }),
    'identity-linked': ({ product, provider, linkedAt }) => ({
      subject: `Neue Anmeldemöglichkeit für Ihr Konto bei ${product}`,
      paragraphs: [
        `Ihr Konto wurde am ${linkedAt} mit einem Konto bei ${provider} verbunden. Damit ist eine Anmeldung möglich.`,
        'Wenn Sie das nicht waren, entfernen Sie es bitte in Ihrem Konto, beenden Sie alle anderen Sitzungen, setzen Sie Ihr Passwort zurück und geben Sie uns Bescheid.',
      ],
    }),
    'identity-unlinked': ({ product, provider, unlinkedAt }) => ({
      subject: `Eine Anmeldemöglichkeit wurde aus Ihrem Konto bei ${product} entfernt`,
      paragraphs: [
        `Ihr Konto wurde am ${unlinkedAt} von einem Konto bei ${provider} getrennt. Damit ist keine Anmeldung mehr möglich.`,
        notMe,
      ],
    }),
    ...apiKeyTexts,
    'account-deactivated': ({ product }) => ({
      subject: `Ihr Konto bei ${product} wurde gesperrt`,
      paragraphs: [
        'Ihr Konto wurde von der Administration gesperrt. Bis es wieder freigegeben wird, können Sie sich nicht anmelden.',
        'Wenn Sie das für einen Irrtum halten, wenden Sie sich bitte an uns.',
      ],
    }),
    'account-deleted': ({ product, erasedAt }) => ({
      subject: `Ihr Konto bei ${product} wurde gelöscht`,
      paragraphs: [
        `Ihr Konto wurde gelöscht. Die über Sie gespeicherten Daten werden am ${erasedAt} endgültig entfernt.`,
        'Wenn Sie das nicht waren oder es sich anders überlegt haben, wenden Sie sich bitte vorher an uns.',
      ],
    }),
    ...webhookTextsDe,
    'registration-attempt': ({ product }) => ({
      subject: `Sie haben bereits ein Konto bei ${product}`,
      paragraphs: [
        `Jemand wollte diese E-Mail-Adresse für ein weiteres Konto bei ${product} verwenden. Sie gehört aber bereits zu Ihrem Konto.`,
        'Wenn Sie das waren, melden Sie sich bitte mit Ihrem bestehenden Konto an. Falls Sie Ihr Passwort nicht mehr kennen, verwenden Sie „Passwort vergessen“ auf der Anmeldeseite. Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren.',
      ],
    }),
    digest: ({ product, changes }) => ({
      subject: `Weitere Änderungen an Ihrem Konto bei ${product}`,
      paragraphs: [
        `Seit unserer letzten Nachricht gab es ${changes === 1 ? 'eine weitere Änderung' : `${changes} weitere Änderungen`} an Ihrem Konto.`,
        'Es waren zu viele Änderungen in kurzer Zeit, um über jede einzeln zu informieren. Sie finden alle unter Ihren letzten Aktivitäten.',
        notMe,
      ],
    }),
  },
};

import type { PageTexts, StateText } from '../page-texts.js';
import { messages } from './messages.de.js';

const incomplete: StateText = {
  title: 'Dieser Link ist unvollständig',
  paragraphs: ['Öffnen Sie den Link noch einmal aus der E-Mail, oder kopieren Sie ihn vollständig.'],
};
const checkSpam = 'Wenn nach ein paar Minuten nichts angekommen ist, sehen Sie bitte im Spam-Ordner nach.';
const deadLink = 'Dieser Link ist nicht mehr gültig';
const whyDead =
  'Er wurde bereits verwendet, er ist abgelaufen, oder wir haben Ihnen inzwischen einen neueren geschickt.';

export const de: PageTexts = {
  tag: 'de',
  noScript: 'Diese Seite benötigt JavaScript. Bitte aktivieren Sie es und laden Sie die Seite neu.',
  email: 'E-Mail-Adresse',
  signIn: 'Anmelden',
  sendAgain: 'Neuen Link senden',
  newPassword: 'Neues Passwort',
  showPassword: 'Passwort anzeigen',
  passwordRules: {
    classic: [
      'Mindestens 8 Zeichen',
      'Ein Großbuchstabe, ein Kleinbuchstabe und eine Ziffer',
      'Kein häufig verwendetes Passwort, nicht Ihr Benutzername und nicht Ihre E-Mail-Adresse',
    ],
    nist: [
      'Mindestens 15 Zeichen, zum Beispiel einige Wörter',
      'Kein häufig verwendetes Passwort, nicht Ihr Benutzername und nicht Ihre E-Mail-Adresse',
    ],
  },
  tooManyTries: 'Zu viele Versuche. Bitte versuchen Sie es {when} noch einmal.',
  away: 'Der Dienst ist nicht erreichbar. Bitte versuchen Sie es {when} noch einmal.',
  shortly: 'in Kürze',
  messages,
  registration: 'Das Konto „{username}“ wurde am {when} mit dieser E-Mail-Adresse angelegt.',
  pages: (product) => ({
    'verify-email': {
      ready: {
        title: 'E-Mail-Adresse bestätigen',
        paragraphs: [`Bestätigen Sie, dass Sie diese E-Mail-Adresse für ${product} verwenden möchten.`],
        button: 'E-Mail-Adresse bestätigen',
        notMine:
          'Wenn Sie dieses Konto nicht kennen, bestätigen Sie es bitte nicht: Jemand anderes hat es angelegt und kennt das Passwort.',
        disown: 'Dieses Konto habe ich nicht angelegt',
      },
      outcomes: {
        done: {
          title: 'Ihre E-Mail-Adresse ist bestätigt',
          paragraphs: ['Vielen Dank. Sie können diese Seite schließen.'],
          signIn: true,
        },
        disowned: {
          title: 'Das Konto wurde entfernt',
          paragraphs: [
            `Es kann Ihre E-Mail-Adresse nicht mehr verwenden. Wenn Sie ein Konto bei ${product} möchten, legen Sie bitte ein eigenes an. Sie können diese Seite schließen.`,
          ],
        },
        'username-taken': {
          title: 'Dieser Benutzername ist inzwischen vergeben',
          paragraphs: ['Bitte legen Sie Ihr Konto noch einmal mit einem anderen Benutzernamen an.'],
        },
        'email-taken': {
          title: 'Zu dieser E-Mail-Adresse gibt es bereits ein Konto',
          paragraphs: [
            'Melden Sie sich bitte mit diesem Konto an. Falls Sie das Passwort nicht mehr kennen, verwenden Sie „Passwort vergessen“.',
          ],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'Wenn Sie Ihre E-Mail-Adresse bereits bestätigt haben, müssen Sie nichts weiter tun. Andernfalls können Sie sich einen neuen Link senden lassen.',
          ],
        },
        sent: {
          title: 'Prüfen Sie Ihren Posteingang',
          paragraphs: [
            'Falls diese E-Mail-Adresse noch nicht bestätigt ist, haben wir Ihnen eine E-Mail mit einem neuen Link geschickt.',
            checkSpam,
          ],
        },
      },
    },
    'reset-password': {
      ready: {
        title: 'Neues Passwort festlegen',
        paragraphs: [
          `Legen Sie ein neues Passwort für Ihr Konto bei ${product} fest. Danach werden Sie auf allen Geräten abgemeldet.`,
        ],
        button: 'Passwort speichern',
      },
      outcomes: {
        done: {
          title: 'Ihr neues Passwort ist gespeichert',
          paragraphs: ['Sie können sich jetzt damit anmelden. Sie können diese Seite schließen.'],
          signIn: true,
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'Wenn Sie gerade ein neues Passwort gespeichert haben, melden Sie sich bitte damit an. Andernfalls können Sie sich einen neuen Link senden lassen.',
          ],
        },
        sent: {
          title: 'Prüfen Sie Ihren Posteingang',
          paragraphs: [
            'Falls es ein Konto mit dieser E-Mail-Adresse gibt, haben wir eine E-Mail mit einem neuen Link dorthin geschickt.',
            checkSpam,
          ],
        },
      },
    },
    'confirm-email': {
      ready: {
        title: 'Neue E-Mail-Adresse bestätigen',
        paragraphs: [
          `Bestätigen Sie, dass Sie diese E-Mail-Adresse für Ihr Konto bei ${product} verwenden möchten.`,
        ],
        button: 'Diese E-Mail-Adresse verwenden',
      },
      outcomes: {
        done: {
          title: 'Ihre E-Mail-Adresse wurde geändert',
          paragraphs: [
            `Ihr Konto bei ${product} verwendet jetzt die neue E-Mail-Adresse. Sie können diese Seite schließen.`,
          ],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'Wenn Sie die neue E-Mail-Adresse bereits bestätigt haben, müssen Sie nichts weiter tun. Andernfalls melden Sie sich bitte an und ändern Sie Ihre E-Mail-Adresse noch einmal.',
          ],
        },
        'email-taken': {
          title: 'Diese E-Mail-Adresse gehört zu einem anderen Konto',
          paragraphs: [
            'Ihr Konto behält die bisherige E-Mail-Adresse. Um eine andere zu verwenden, melden Sie sich bitte an und ändern Sie Ihre E-Mail-Adresse noch einmal.',
          ],
        },
      },
    },
    'undo-email-change': {
      ready: {
        title: 'Änderung der E-Mail-Adresse rückgängig machen',
        paragraphs: [
          `Ihr Konto bei ${product} verwendet dann wieder diese E-Mail-Adresse. Alle Geräte werden abgemeldet, und Sie erhalten eine E-Mail, mit der Sie ein neues Passwort festlegen können.`,
        ],
        button: 'Änderung rückgängig machen',
      },
      outcomes: {
        done: {
          title: 'Ihre frühere E-Mail-Adresse gilt wieder',
          paragraphs: [
            'Prüfen Sie Ihren Posteingang: Wir haben Ihnen einen Link geschickt, mit dem Sie ein neues Passwort festlegen können.',
          ],
        },
        incomplete,
        'invalid-token': { title: deadLink, paragraphs: [whyDead] },
        'email-taken': {
          title: 'Diese E-Mail-Adresse gehört zu einem anderen Konto',
          paragraphs: ['Bitte wenden Sie sich an uns, damit wir Ihnen helfen können.'],
        },
      },
    },
  }),
};

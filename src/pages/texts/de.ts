import type { InputCode, PageTexts, StateText } from '../page-texts.js';

const incomplete: StateText = {
  title: 'Dieser Link ist nicht vollständig',
  paragraphs: ['Öffnen Sie ihn noch einmal aus der Nachricht, oder kopieren Sie ihn ganz.'],
};
const deadLink = 'Dieser Link gilt nicht mehr';
const whyDead = 'Er wurde schon benutzt, er ist zu alt, oder Sie haben inzwischen einen neueren bekommen.';

export const de: PageTexts = {
  tag: 'de',
  noScript: 'Diese Seite braucht JavaScript. Bitte schalten Sie es ein und laden Sie die Seite neu.',
  email: 'E-Mail-Adresse',
  sendAgain: 'Neuen Link schicken',
  newPassword: 'Neues Passwort',
  showPassword: 'Passwort anzeigen',
  passwordRules: {
    classic: [
      'Mindestens 8 Zeichen',
      'Groß- und Kleinbuchstaben und eine Ziffer',
      'Kein häufiges Passwort, nicht Ihr Benutzername, nicht Ihre E-Mail-Adresse',
    ],
    nist: [
      'Mindestens 15 Zeichen, etwa ein paar Wörter',
      'Kein häufiges Passwort, nicht Ihr Benutzername, nicht Ihre E-Mail-Adresse',
    ],
  },
  tooManyTries: 'Das waren zu viele Versuche. Bitte versuchen Sie es {when} noch einmal.',
  away: 'Das ging nicht: Der Dienst war nicht zu erreichen. Bitte versuchen Sie es {when} noch einmal.',
  shortly: 'gleich',
  inputErrors: {
    password_too_short: 'Das Passwort ist zu kurz.',
    password_too_long: 'Das Passwort ist zu lang; es darf höchstens 128 Zeichen haben.',
    password_needs_upper: 'Im Passwort fehlt ein Großbuchstabe.',
    password_needs_lower: 'Im Passwort fehlt ein Kleinbuchstabe.',
    password_needs_digit: 'Im Passwort fehlt eine Ziffer.',
    password_too_common: 'Dieses Passwort ist eines der häufigsten; die werden zuerst geraten.',
    password_is_personal:
      'Das Passwort darf nicht der Benutzername, die E-Mail-Adresse oder deren erster Teil sein.',
    value_error: 'Das ist keine E-Mail-Adresse, die hier verwendet werden kann.',
  } satisfies Record<InputCode, string>,
  registration: 'Diese E-Mail-Adresse wurde für das Konto „{username}“ angegeben, angelegt am {when}.',
  pages: (product) => ({
    'verify-email': {
      ready: {
        title: 'E-Mail-Adresse bestätigen',
        paragraphs: [
          `Bestätigen Sie mit der Schaltfläche, dass Sie diese Adresse bei ${product} verwenden möchten.`,
        ],
        button: 'E-Mail-Adresse bestätigen',
        notMine:
          'Kennen Sie dieses Konto nicht, bestätigen Sie es nicht: Jemand anderes hat es angelegt und kennt sein Passwort.',
        disown: 'Dieses Konto habe ich nicht angelegt',
      },
      outcomes: {
        done: {
          title: 'Ihre E-Mail-Adresse ist bestätigt',
          paragraphs: ['Vielen Dank. Sie können diese Seite schließen.'],
        },
        disowned: {
          title: 'Das Konto wurde entfernt',
          paragraphs: [
            `Es kann Ihre E-Mail-Adresse nicht mehr verwenden. Möchten Sie ein Konto bei ${product}, legen Sie ein eigenes an. Sie können diese Seite schließen.`,
          ],
        },
        'username-taken': {
          title: 'Dieser Benutzername ist inzwischen vergeben',
          paragraphs: ['Bitte legen Sie Ihr Konto noch einmal an, mit einem anderen Benutzernamen.'],
        },
        'email-taken': {
          title: 'Zu dieser E-Mail-Adresse gibt es schon ein Konto',
          paragraphs: ['Melden Sie sich damit an, wenn nötig über „Passwort vergessen“.'],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'Haben Sie Ihre Adresse schon bestätigt, dann ist nichts mehr zu tun. Sonst lassen Sie sich einen neuen Link schicken.',
          ],
        },
        sent: {
          title: 'Sehen Sie in Ihr Postfach',
          paragraphs: [
            'Falls diese Adresse noch zu bestätigen ist, ist eine Nachricht mit einem neuen Link unterwegs.',
            'Nach ein paar Minuten noch nichts da? Vielleicht ist sie im Spam gelandet.',
          ],
        },
      },
    },
    'reset-password': {
      ready: {
        title: 'Neues Passwort wählen',
        paragraphs: [`Für Ihr Konto bei ${product}. Sie werden überall abgemeldet.`],
        button: 'Passwort speichern',
      },
      outcomes: {
        done: {
          title: 'Ihr neues Passwort ist gespeichert',
          paragraphs: ['Melden Sie sich von jetzt an damit an. Sie können diese Seite schließen.'],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'Haben Sie gerade ein Passwort gespeichert, dann melden Sie sich damit an. Sonst lassen Sie sich einen neuen Link schicken.',
          ],
        },
        sent: {
          title: 'Sehen Sie in Ihr Postfach',
          paragraphs: [
            'Falls es ein Konto mit dieser Adresse gibt, ist eine Nachricht mit einem neuen Link unterwegs.',
            'Nach ein paar Minuten noch nichts da? Vielleicht ist sie im Spam gelandet.',
          ],
        },
      },
    },
    'confirm-email': {
      ready: {
        title: 'Neue E-Mail-Adresse bestätigen',
        paragraphs: [
          `Mit der Schaltfläche bestimmen Sie, dass Ihr Konto bei ${product} von jetzt an diese Adresse verwendet.`,
        ],
        button: 'Diese Adresse verwenden',
      },
      outcomes: {
        done: {
          title: 'Ihre E-Mail-Adresse wurde geändert',
          paragraphs: [
            `Ihr Konto bei ${product} verwendet jetzt die neue. Sie können diese Seite schließen.`,
          ],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'Haben Sie die neue Adresse schon bestätigt, dann ist nichts mehr zu tun. Sonst melden Sie sich an und ändern Sie Ihre Adresse noch einmal.',
          ],
        },
        'email-taken': {
          title: 'Diese Adresse gehört zu einem anderen Konto',
          paragraphs: [
            'Ihres behält deshalb die Adresse, die es hat. Möchten Sie eine dritte verwenden, melden Sie sich an und ändern Sie Ihre Adresse noch einmal.',
          ],
        },
      },
    },
    'undo-email-change': {
      ready: {
        title: 'Änderung der E-Mail-Adresse rückgängig machen',
        paragraphs: [
          `Mit der Schaltfläche verwendet Ihr Konto bei ${product} wieder diese Adresse. Alle werden abgemeldet, und Sie bekommen eine Nachricht, um ein neues Passwort zu wählen.`,
        ],
        button: 'Änderung rückgängig machen',
      },
      outcomes: {
        done: {
          title: 'Ihre frühere E-Mail-Adresse gilt wieder',
          paragraphs: [
            'Sehen Sie in Ihr Postfach: Mit dem Link in der Nachricht wählen Sie ein neues Passwort.',
          ],
        },
        incomplete,
        'invalid-token': { title: deadLink, paragraphs: [whyDead] },
        'email-taken': {
          title: 'Diese E-Mail-Adresse gehört zu einem anderen Konto',
          paragraphs: ['Bitte schreiben Sie uns, damit wir helfen können.'],
        },
      },
    },
  }),
};

import type { SharedTexts } from './en.js';

/** Texts of all applications, in German. */
export const shared: SharedTexts = {
  skip: 'Zum Inhalt springen',
  signOut: 'Abmelden',
  cancel: 'Abbrechen',
  save: 'Speichern',
  close: 'Schließen',
  loading: 'Wird geladen …',
  noMore: 'Keine weiteren Einträge',
  more: 'Mehr anzeigen',
  empty: 'Hier ist noch nichts.',
  noMatch: 'Nichts passt dazu. Versuchen Sie es mit weniger Filtern.',
  tryAgain: 'Erneut versuchen',
  notOpened:
    'Der Dienst ist nicht erreichbar. Sie sind weiterhin angemeldet; versuchen Sie es gleich noch einmal.',
  away: 'Der Dienst ist nicht erreichbar. Ihre Eingaben sind noch da; versuchen Sie es gleich noch einmal.',
  failed: 'Der Dienst hat einen Fehler gemeldet. Versuchen Sie es gleich noch einmal.',
  tooMany: (seconds) => `Zu viele Anfragen. Versuchen Sie es in ${seconds} Sekunden noch einmal.`,
  noRight: 'Ihre Rolle erlaubt das nicht.',
  notFound: 'Das gibt es nicht (mehr).',
  confirmTitle: 'Bestätigen Sie, dass Sie es sind',
  confirmText: 'Bitte bestätigen Sie vorher noch einmal Ihre Identität.',
  password: 'Passwort',
  code: 'Code aus Ihrer Authenticator-App',
  recoveryCode: 'Wiederherstellungscode',
  emailCode: 'Code aus der E-Mail',
  sendEmailCode: 'Code per E-Mail senden',
  usePasskey: 'Passkey verwenden',
  useOther: 'Etwas anderes verwenden',
  confirm: 'Bestätigen',
  noPasskey: 'Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal oder auf andere Weise.',
  noProof:
    'Sie haben keinen zweiten Faktor, um das zu bestätigen. Richten Sie zuerst einen in Ihrem Konto ein.',
  useProvider: (title) => `Weiter mit ${title}`,
  again: (title) =>
    `Melden Sie sich noch einmal mit ${title} an. Was Sie auf dieser Seite eingegeben haben, bleibt.`,
  goOnThere: 'Weiter geht es in dem Fenster, das sich geöffnet hat. Wenn keines zu sehen ist:',
  openThere: 'In einem neuen Tab öffnen',
  visitFailed:
    'Die Anmeldung beim Anbieter hat nicht geklappt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
  copy: 'Kopieren',
  copied: 'Kopiert.',
  once: 'Das wird nur einmal angezeigt. Bewahren Sie es sicher auf.',
  total: (count, isEstimate) =>
    `${isEstimate ? 'etwa ' : ''}${count.toLocaleString('de')} ${count === 1 ? 'Eintrag' : 'Einträge'}`,
};

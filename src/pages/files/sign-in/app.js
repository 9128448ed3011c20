// An application after the sign-in, such as the console: a script of its own, loaded for those who have signed in.

import { giveTokens, has } from './client.js';
import { words } from '../forms.js';
import { endVisit, visit } from './ways-in/visit.js';

const main = document.querySelector('main');
const { api, app, features, roles, version } = main.dataset;
/** Whether this page is the door of an application. */
export const hasApp = app !== '';

const root = document.createElement('div');
const signInStyles = document.querySelector('link[rel=stylesheet]');
const parts = [main, document.querySelector('header')];
/** The application, which stays as it is while its user signs in again. */
let running = null;
/** Whether there is an application behind the sign-in, with what its user has typed. */
export const isAppWaiting = () => running !== null;

/**
 * Shows the application to the user who has signed in.
 *
 * @param leave - Called when the session has ended, with `signed-out`, `expired` or `deleted`.
 * @param providers - Their names and titles, and whether they count as two factors.
 */
export async function enterApp(leave, providers) {
  const tokens = giveTokens();
  if (running) running.resume(tokens);
  else {
    const [{ open }] = await Promise.all([import(`./${app}.js?v=${version}`), loadStyles()]);
    running = open(root, {
      ...{ api: new URL(api, location.href).href, cookie: has('cookie'), product: words.product, tokens },
      ...{ features: features.split(' '), roles: roles.split(' ') },
      ...{ keys: words.keys, rules: words.rules, providers, visit, endVisit },
      messages: { fields: words.fields, problems: words.problems },
      leave: (reason) => {
        show(false);
        leave(reason);
      },
    });
  }
  show(true);
}

/** Shows either the application or the sign-in. */
function show(isApp) {
  for (const part of parts) part.hidden = isApp;
  root.hidden = !isApp;
  signInStyles.disabled = isApp;
  styles.disabled = !isApp;
}

const styles = document.createElement('link');

function loadStyles() {
  document.body.append(root);
  return new Promise((resolve, reject) => {
    Object.assign(styles, { rel: 'stylesheet', onload: resolve, onerror: reject });
    styles.href = signInStyles.href.replace('account.css', 'app.css');
    document.head.append(styles);
  });
}

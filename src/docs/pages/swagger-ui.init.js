// Without persistAuthorization, tokens stay in the page's memory: any script of the origin could read localStorage.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  showExtensions: true,
  showCommonExtensions: true,
  plugins: [withoutLinksInButtons],
  requestInterceptor(request) {
    // Only Authorize sends this header; "Try it out" shows each response as it is.
    if (request.headers['X-Requested-With']) request.responseInterceptor = continueSignIn;
    return request;
  },
});

/** The button of a route contains its path as a link, which no key reaches, and which does what the button does. */
function withoutLinksInButtons() {
  const DeepLink = (Original, { React }) =>
    function TextOrLink(props) {
      const isRoute = props.path.includes('/');
      return isRoute
        ? React.createElement('span', { className: 'nostyle' }, props.text)
        : React.createElement(Original, props);
    };
  return { wrapComponents: { DeepLink } };
}

/** Adds what screen readers need to what Swagger UI has drawn; it keeps attributes that are not its own. */
function annotate() {
  const all = (selector) => document.querySelectorAll(`#swagger-ui ${selector}`);
  for (const [selector, name] of [
    ['.information-container', 'About'],
    ['.schemes-server-container', 'Servers'],
  ])
    for (const part of all(selector)) Object.assign(part, { role: 'region', ariaLabel: name });
  // There is no second level.
  for (const level of [3, 4, 5]) for (const heading of all(`h${level}`)) heading.ariaLevel = level - 1;
  for (const select of all('select:not([aria-label])'))
    select.ariaLabel =
      select.closest('tr')?.dataset.paramName ?? (select.id === 'servers' ? 'Server' : 'Example');
  for (const text of all('textarea.body-param__text')) text.ariaLabel = 'Request body';
  for (const dialog of all('.modal-ux')) Object.assign(dialog, { role: 'dialog', ariaLabel: 'Authorize' });
  for (const button of all('.close-modal')) button.ariaLabel = 'Close';
  // A label begins with the visible text, for users who speak it (WCAG 2.2, 2.5.3).
  for (const button of all('.modal-btn[aria-label]')) {
    const { textContent, ariaLabel } = button;
    if (!ariaLabel.startsWith(textContent)) button.ariaLabel = `${textContent}: ${ariaLabel}`;
  }
  for (const answers of all('.responses-table[role=region]')) {
    const route = answers.closest('.opblock').querySelector('.opblock-summary-description');
    answers.ariaLabel = `Responses: ${route.textContent}`;
  }
  for (const code of all('pre.microlight')) code.tabIndex = 0; // can be scrolled
}
new MutationObserver(annotate).observe(document.getElementById('swagger-ui'), {
  childList: true,
  subtree: true,
});

/** Asks for the code of an authenticator app if the sign-in needs one: the dialog of Authorize has no field for it. */
async function continueSignIn(refused) {
  if (refused.status !== 403) return refused;
  const { type, factors, sign_in_token } = JSON.parse(refused.data);
  if (type !== '/problems/factor-required' || !factors.includes('totp')) return refused;
  const totp_code = prompt('Code from your authenticator app');
  if (totp_code === null) return refused;

  const response = await fetch(`${refused.url}/continue`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ sign_in_token, totp_code }),
  });
  const { ok, status, statusText } = response;
  const answer = await response.json();
  // The names under which Swagger UI looks for a reason (RFC 6749, 5.2).
  if (!ok) Object.assign(answer, { error: 'invalid_grant', error_description: answer.detail });
  return { ...refused, ok, status, statusText, data: JSON.stringify(answer) };
}

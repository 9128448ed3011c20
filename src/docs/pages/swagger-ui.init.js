// Without persistAuthorization, tokens stay in the page's memory: any script of the origin could read localStorage.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  showExtensions: true,
  showCommonExtensions: true,
  requestInterceptor(request) {
    // Only Authorize sends this header; "Try it out" shows each response as it is.
    if (request.headers['X-Requested-With']) request.responseInterceptor = continueSignIn;
    return request;
  },
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

import { isRedirectUri, RedirectUris } from './redirect-uris.js';

describe('targets of redirects', () => {
  const allowed = new RedirectUris(
    [
      'https://app.example.com/signed-in',
      'http://127.0.0.1/cb',
      'http://localhost/cb',
      'http://[::1]/cb',
      'com.example.app:/cb',
      'https://spa.example.com',
    ],
    'https://accounts.example.com/base',
  );

  it.each([
    'https://app.example.com/signed-in',
    'https://spa.example.com',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51004/cb',
    'http://localhost:3000/cb',
    'http://[::1]:3000/cb',
    'com.example.app:/cb',
    'https://accounts.example.com/',
    'https://accounts.example.com/account/sign-in?next=1',
  ])('are %s', (uri) => expect(allowed.allows(uri)).toBe(true));

  it.each([
    'https://app.example.com/signed-in/',
    'https://app.example.com/Signed-in',
    'https://app.example.com/signed-in?x=1',
    'https://app.example.com/signed-in#x',
    'https://app.example.com:8443/signed-in',
    'https://app.example.com:443/signed-in',
    'http://app.example.com/signed-in',
    'https://app.example.com.evil.com/signed-in',
    'https://app.example.com@evil.com/signed-in',
    'https://evil.com\\@app.example.com/signed-in',
    'https://APP.example.com/signed-in',
    '//evil.com',
    '\\\\evil.com',
    '/account/sign-in',
    '',
    'https://accounts.example.com@evil.com/',
    'https://x@accounts.example.com/',
    'https://accounts.example.com.evil.com/',
    'https://accounts.example.com:8443/',
    'https:accounts.example.com/',
    'https://accounts.example.com\\evil',
    'https://accounts.example.com/\t',
    'https://accounts.example.com/#x',
    'https://accounts.example.com/a/../b',
    'http://accounts.example.com/',
    'http://127.0.0.1:51004/cb/more',
    'http://127.0.0.1:51004@evil.com/cb',
    'http://127.0.0.2:51004/cb',
    'http://127.0.0.1:99999/cb',
    'http://2130706433:51004/cb',
    'https://127.0.0.1:51004/cb',
    'com.example.app:/cb/x',
    'javascript:alert(1)',
  ])('are not %j', (uri) => expect(allowed.allows(uri)).toBe(false));

  it.each([
    'data:text/html,x',
    'javascript:0',
    'file:///etc/passwd',
    'http://example.com/',
    'https://a.example/#',
    'a',
    'com.example:/a b',
  ])('cannot be configured: %s', (uri) => expect(isRedirectUri(uri)).toBe(false));
});

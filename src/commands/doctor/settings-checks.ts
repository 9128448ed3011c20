import { Keyring } from '../../auth/tokens/keys/keyring.js';
import type { Environment } from '../../env.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { type Check, look, well, wrong } from './check.js';

/** Checks that links in messages lead to the service over HTTPS. */
export function publicUrlCheck({ production, auth: { publicUrl } }: Environment): Check {
  return {
    name: 'PUBLIC_URL',
    run() {
      const { protocol, hostname } = new URL(publicUrl);
      if (!production) return well(publicUrl);
      if (/^(localhost|127\..*|\[::1\])$/.test(hostname))
        return wrong(
          `links in messages lead to ${publicUrl}`,
          'Set PUBLIC_URL to the address that people reach the service at.',
        );
      return protocol === 'https:'
        ? well(publicUrl)
        : wrong(
            `${publicUrl} is not encrypted: tokens and passwords can be read in transit`,
            'Serve it over https, and update PUBLIC_URL.',
          );
    },
  };
}

/** Checks that IP addresses of clients are their own, not those of a proxy. */
export function proxiesCheck({ production, trustedProxies }: Environment): Check {
  return {
    name: 'Proxies',
    run() {
      if (trustedProxies.length > 0)
        return well(`X-Forwarded-For is trusted from ${trustedProxies.join(', ')}`);
      if (!production) return well('none trusted');
      return look(
        'none trusted: behind a proxy, all clients share its IP address and its rate limits',
        'Set TRUSTED_PROXIES to the address or network of the proxy that ends TLS.',
      );
    },
  };
}

/** Checks that there is a signing key that can verify its own signature. */
export function signingKeysCheck({ auth }: Environment, secretKey: () => Promise<string | undefined>): Check {
  return {
    name: 'Signing keys',
    async run() {
      const secret = await secretKey();
      if (secret === undefined)
        return look('no SECRET_KEY yet', 'The first start generates one for development: npm start');
      const keyring = new Keyring(new AuthSettings({ ...auth, secretKey: secret }));
      try {
        const { kid, algorithm, sign, verify } = keyring.signing();
        if (!verify('doctor', sign('doctor')))
          return wrong(
            `the key ${kid} cannot verify its own signature`,
            'Create another one: astra rotate-keys --sign-after 0',
          );
        const published = keyring.published().length;
        return well(`${algorithm}, ${kid} signs${published > 0 ? `, ${published} published` : ''}`);
      } finally {
        keyring.onApplicationShutdown();
      }
    },
  };
}

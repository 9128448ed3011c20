import { isProviderName, providerFaults } from '../../settings/providers/provider-rules.js';
import { presets } from '../../settings/providers/presets.js';
import { accountLinkings, type ProviderOptions } from '../../settings/providers/provider-options.js';
import { isRedirectUri } from '../../settings/providers/redirect-uris.js';
import { list, networks, onOff, oneOf, type Parser, text } from './parsers.js';
import type { Setting } from './setting.js';

/** Settings of the stand-alone service for all providers. Those of one provider are in {@link providerFields}. */
export const providerSettings = {
  OIDC_REDIRECTS: {
    is: list(
      'exact URLs, separated by commas: https://app.example.com/signed-in, http://127.0.0.1/signed-in, com.example.app:/signed-in',
      isRedirectUri,
    ),
    unset: 'only URLs of the origin of PUBLIC_URL',
    means:
      'URLs that users may be sent to after signing in with a provider. A provider has settings of its own, such as ' +
      'OIDC_GOOGLE_CLIENT_ID and OIDC_GOOGLE_CLIENT_SECRET.',
  },
  OIDC_ALLOW: {
    is: networks(),
    unset: 'none',
    means: 'Networks inside which providers may be although they are not public.',
  },
  ACCOUNT_LINKING: {
    is: oneOf(...accountLinkings),
    default: 'proof',
    means:
      'What connects a user of a provider to the account with the same email address: a proof of the account, or that both ' +
      'sides have verified the address.',
  },
} as const satisfies Record<string, Setting>;

type Field = Pick<Setting, 'is' | 'secret'>;

/** Settings of one provider, as `OIDC_<NAME>_<field>`, and the options that they are. */
const providerFields: Readonly<Record<string, Field & { option: keyof ProviderOptions }>> = {
  CLIENT_ID: { option: 'clientId', is: text(2048) },
  CLIENT_SECRET: { option: 'clientSecret', is: text(2048), secret: true },
  ISSUER: { option: 'issuer', is: text(2048) },
  TITLE: { option: 'title', is: text() },
  SCOPES: { option: 'scopes', is: words() },
  AUDIENCES: { option: 'audiences', is: words() },
  TRUST_EMAIL: { option: 'trustEmail', is: onOff() },
  SATISFIES: { option: 'satisfies', is: oneOf('two-factors') },
  TENANT: { option: 'tenant', is: text() },
  HOSTED_DOMAIN: { option: 'hostedDomain', is: text() },
  TEAM_ID: { option: 'teamId', is: text() },
  KEY_ID: { option: 'keyId', is: text() },
  PRIVATE_KEY: { option: 'privateKey', is: pem(), secret: true },
};

/** One of these variables: the name of the provider, then the field. */
const VARIABLE = new RegExp(`^OIDC_(.+?)_(?:${Object.keys(providerFields).join('|')})(?:_FILE)?$`);

/** Reads the value of a setting; `undefined` if it is unset or invalid, which was reported. */
export type ReadSetting = (name: string, setting: Field) => unknown;

/** Providers of an environment. */
export interface ProvidersRead {
  providers: Record<string, ProviderOptions>;
  /** Names of all variables that these providers and the presets can have. */
  known: string[];
}

/**
 * Reads the providers. A provider exists if one of its variables is set.
 *
 * @param read - Reads one variable.
 * @param refuse - Reports a variable.
 * @param allowLoopback - Whether issuers may be on this machine. Not in production.
 */
export function readProviders(
  variables: Readonly<Record<string, string | undefined>>,
  read: ReadSetting,
  refuse: (name: string, sentence: string) => void,
  allowLoopback: boolean,
): ProvidersRead {
  const given = Object.entries(variables).flatMap(([name, value]) =>
    value ? (VARIABLE.exec(name)?.[1] ?? []) : [],
  );
  const providers: Record<string, ProviderOptions> = {};
  for (const part of new Set(given)) {
    const name = part.toLowerCase().replaceAll('_', '-');
    if (!isProviderName(name) || part !== part.toUpperCase()) {
      refuse(
        `OIDC_${part}`,
        `OIDC_${part}_… must name a provider with A-Z, 0-9 and _, such as OIDC_GOOGLE_CLIENT_ID`,
      );
      continue;
    }
    const fields = Object.entries(providerFields).map(([field, setting]) => [
      setting.option,
      read(`OIDC_${part}_${field}`, setting),
    ]);
    const options = Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as ProviderOptions;
    for (const [option, demand] of providerFaults(name, options, { allowLoopback })) {
      const variable = variableOf(part, option);
      refuse(variable, `${variable} ${demand}`);
    }
    providers[name] = options;
  }
  const parts = new Set([...given, ...Object.keys(presets).map((name) => name.toUpperCase())]);
  return { providers, known: [...parts].flatMap(variablesOf) };
}

/** Returns the variable of an option of one provider. */
function variableOf(part: string, option: keyof ProviderOptions): string {
  const [field] = Object.entries(providerFields).find(([, setting]) => setting.option === option) ?? [];
  return `OIDC_${part}_${field}`;
}

/** Returns all variables of one provider, with those that name a file. */
function variablesOf(part: string): string[] {
  return Object.entries(providerFields).flatMap(([field, { secret }]) =>
    secret ? [`OIDC_${part}_${field}`, `OIDC_${part}_${field}_FILE`] : `OIDC_${part}_${field}`,
  );
}

/** Words separated by commas or spaces. */
function words(): Parser<readonly string[]> {
  return {
    mayBe: 'words, separated by commas or spaces',
    parse: (value) => {
      const found = value.split(/[\s,]+/).filter(Boolean);
      return found.length > 0 ? found : undefined;
    },
  };
}

/** Private key in PEM. In a variable, its line breaks may be written as `\n`. */
function pem(): Parser<string> {
  return {
    mayBe: 'a private key in PEM: -----BEGIN PRIVATE KEY-----',
    parse: (value) => (value.startsWith('-----BEGIN ') ? value.replaceAll('\\n', '\n') : undefined),
  };
}

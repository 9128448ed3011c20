import { isApiKeyPrefix } from '../../settings/api-keys/api-key-settings.js';
import { integer, onOff, type Parser } from './parsers.js';
import type { Setting } from './setting.js';

/** First part of API keys. */
const prefix: Parser<string> = {
  mayBe: '2 to 20 lowercase letters and digits, a letter first',
  parse: (text) => (isApiKeyPrefix(text) ? text : undefined),
};

/** Settings of API keys, a part of the table of settings. */
export const apiKeySettings = {
  API_KEYS: {
    is: onOff(),
    default: 'on',
    means: 'API keys, with which programs use an account. If off, existing keys are refused.',
  },
  API_KEY_PREFIX: {
    is: prefix,
    default: 'astra',
    means: 'First part of API keys. Never change it: keys with another prefix are no longer accepted.',
  },
  API_KEY_MAX_DAYS: { is: integer(1, 365), default: '365', means: 'Maximum lifetime of an API key.' },
} as const satisfies Record<string, Setting>;

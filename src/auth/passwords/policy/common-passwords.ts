import { dictionary } from '@zxcvbn-ts/language-common';

/**
 * The 49,000 most common passwords in lowercase; 18,000 of them have 8 characters or more. Reading them takes 35 ms, so import this
 * file when a password is checked.
 */
export const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common']);

import type { UserFileFormat } from '../../admin/user-files/user-file-format.js';
import { userFileFormats } from '../../admin/user-files/supported-formats.js';

/**
 * Returns the format of an account file: the requested one, otherwise that of the file extension, otherwise JSON Lines.
 *
 * @throws {Error} if the requested format is not supported.
 */
export function chooseFormat(name: string | undefined, file = ''): UserFileFormat {
  const [formats, ending] = [Object.keys(userFileFormats), file.split('.').at(-1) ?? ''];
  if (name !== undefined && !formats.includes(name))
    throw new Error(`--format must be ${formats.join(' or ')}.`);
  return userFileFormats[name ?? (formats.includes(ending) ? ending : 'jsonl')];
}

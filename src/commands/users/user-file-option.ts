import type { UserFileFormat } from '../../admin/user-files/user-file-format.js';
import { userFileFormats } from '../../admin/user-files/supported-formats.js';

/**
 * The format of a file of accounts: as asked for, else as the file's name ends, else JSON Lines.
 *
 * @throws {Error} if a format is asked for that there is not.
 */
export function chooseFormat(name: string | undefined, file = ''): UserFileFormat {
  const [formats, ending] = [Object.keys(userFileFormats), file.split('.').at(-1) ?? ''];
  if (name !== undefined && !formats.includes(name))
    throw new Error(`--format must be ${formats.join(' or ')}.`);
  return userFileFormats[name ?? (formats.includes(ending) ? ending : 'jsonl')];
}

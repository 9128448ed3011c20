import { InputPipe } from '../problem/input.pipe.js';
import { Optional } from '../problem/optional.decorator.js';
import { IsEmailAddress, IsFullName, IsUsername } from './account-fields.js';

/** What an account is found and shown by. */
export interface Names {
  username?: string;
  email?: string;
  /** `null` for none. */
  fullName?: string | null;
}

/** The same rules as in the DTOs of requests. */
class NamesDto {
  @Optional()
  @IsUsername()
  username?: string;

  @Optional()
  @IsEmailAddress()
  email?: string;

  @IsFullName()
  full_name?: string;
}

const pipe = new InputPipe(NamesDto);

/**
 * Checks names by the rules of all accounts, whoever calls: a host may have them from anywhere.
 *
 * @returns those that were given, as they are stored.
 * @throws {InvalidInputError} naming all that are refused.
 */
export async function checkNames({ username, email, fullName }: Names): Promise<Names> {
  const given = { username, email, full_name: fullName ?? undefined };
  const { full_name, ...names } = (await pipe.transform(given, { type: 'body' })) as NamesDto;
  return { ...names, fullName: full_name || (fullName === undefined ? undefined : null) };
}

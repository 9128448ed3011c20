import { InputPipe } from '../../http/input/input.pipe.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { accountFields, type RuledField } from './account-fields.js';
import type { User } from '../user.entity.js';

/** Text of an account that people choose: such as its names, and `null` for none. */
export type Names = Partial<Pick<User, RuledField>>;

const ruled = Object.entries(accountFields).flatMap(([field, { column, rule }]) =>
  rule ? [{ field: field as RuledField, column, rule }] : [],
);

/** The same rules as in the DTOs of requests. */
class NamesDto {}
for (const { column, rule } of ruled)
  for (const decorate of [Optional(), rule()]) decorate(NamesDto.prototype, column);

const pipe = new InputPipe(NamesDto);

/**
 * Checks names by the rules of all accounts, whoever calls: a host may have them from anywhere.
 *
 * @returns those that were given, as they are stored.
 * @throws {InvalidInputError} naming all that are refused.
 */
export async function checkNames(names: Names): Promise<Names> {
  const given = ruled.filter(({ field }) => names[field] !== undefined);
  const texts = Object.fromEntries(given.map(({ field, column }) => [column, names[field] ?? '']));
  const checked = (await pipe.transform(texts, { type: 'body' })) as Record<string, string>;
  return Object.fromEntries(given.map(({ field, column }) => [field, checked[column] || null]));
}

import { InputPipe } from '../../http/input/input.pipe.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { accountFields, type RuledField } from './account-fields.js';
import type { User } from '../user.entity.js';

/** Text fields that users choose; `null` means none. */
export type Names = Partial<Pick<User, RuledField>>;

/** Fields with a rule, in the order of the table. */
const ruled = Object.entries(accountFields).flatMap(([field, { column, rule }]) =>
  rule ? [{ field: field as RuledField, column, rule }] : [],
);

/** DTO with the rules that requests are validated with. */
class NamesDto {}
for (const { column, rule } of ruled)
  for (const decorate of [Optional(), rule()]) decorate(NamesDto.prototype, column);

const pipe = new InputPipe(NamesDto);

/**
 * Validates names with the rules for all accounts, since a host can pass names from any source.
 *
 * @returns the given names in their stored form.
 * @throws {InvalidInputError} with all invalid names.
 */
export async function checkNames(names: Names): Promise<Names> {
  const given = ruled.filter(({ field }) => names[field] !== undefined);
  const texts = Object.fromEntries(given.map(({ field, column }) => [column, names[field] ?? '']));
  const checked = (await pipe.transform(texts, { type: 'body' })) as Record<string, string>;
  return Object.fromEntries(given.map(({ field, column }) => [field, checked[column] || null]));
}

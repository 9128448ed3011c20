import { getMetadataArgsStorage } from 'typeorm';
import { accountFields } from './account-fields.js';
import { User } from '../user.entity.js';

it('names the columns of all fields that a user has as the entity does', () => {
  const columns = getMetadataArgsStorage()
    .columns.filter(({ target, options }) => target === User && options.select !== false)
    .map(({ propertyName, options }) => [propertyName, options.name ?? propertyName]);
  const named = Object.entries(accountFields).map(([field, { column }]) => [field, column]);
  expect(columns.sort()).toEqual(named.sort());
});

import { InputPipe } from '../http/input/input.pipe.js';
import { AuditQueryDto } from './audit-query.dto.js';

const read = (fields: object) => new InputPipe(AuditQueryDto).transform(fields, { type: 'query' });
const id = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';

describe('a query for events', () => {
  it('asks for the first 20 of all by default', async () => {
    expect(((await read({})) as AuditQueryDto).toFilter()).toEqual({ limit: 20 });
  });

  it.each([
    [{ user_id: id }, { userId: id }],
    [{ actor_id: id }, { actorId: id }],
    [{ type: 'authz_change' }, { type: 'authz_change' }],
    [{ from: '2026-11-22' }, { from: new Date('2026-11-22T00:00:00Z') }],
    [{ to: '2026-11-22T10:00:00.5+01:00' }, { to: new Date('2026-11-22T09:00:00.5Z') }],
    [
      { limit: '5', cursor: 'W10' },
      { limit: 5, cursor: 'W10' },
    ],
  ])('takes %j', async (fields, expected) => {
    expect(((await read(fields)) as AuditQueryDto).toFilter()).toEqual({ limit: 20, ...expected });
  });

  it.each([
    ['user_id', 'ada'],
    ['actor_id', '1'],
    ['type', 'login'],
    ['type', 'toString'],
    ['type', ['authz_change']],
    ['from', '2026-11-22T10:00:00'],
    ['from', '2026-02-30'],
    ['from', ''],
    ['to', '1700000000'],
    ['to', 'yesterday'],
    ['limit', '0'],
    ['sort', 'id'],
  ])('refuses %s=%j', async (name, value) => {
    await expect(read({ [name]: value })).rejects.toMatchObject({
      status: 422,
      errors: [{ loc: ['query', name] }],
    });
  });
});

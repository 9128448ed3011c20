import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { decodeCursor, encodeCursor, type Position } from './cursor.js';
import { PageQueryDto } from './page.dto.js';

describe('a page query', () => {
  const read = async (query: object) => {
    const input = plainToInstance(PageQueryDto, query);
    return { input, errors: await validate(input, { whitelist: true, forbidNonWhitelisted: true }) };
  };

  it('asks for 20 by default', async () => {
    expect(await read({})).toEqual({ input: { limit: 20 }, errors: [] });
  });

  it.each(['1', '20', '100'])('takes the limit %s', async (limit) => {
    expect(await read({ limit })).toEqual({ input: { limit: Number(limit) }, errors: [] });
  });

  it.each(['0', '101', '-1', '1e1', '0x10', '', ' 5', '5 ', '1.5', '１', ['5', '6'], null])(
    'refuses the limit %j, by one error',
    async (limit) => {
      const { errors } = await read({ limit });
      expect(errors.map(({ property, constraints }) => [property, Object.keys(constraints ?? {})])).toEqual([
        ['limit', ['isInt']],
      ]);
    },
  );

  it('refuses two cursors', async () => {
    expect((await read({ cursor: ['a', 'b'] })).errors).toHaveLength(1);
  });
});

describe('a cursor', () => {
  const isNameAndNumber = (position: Position): position is readonly [string, number] =>
    position.length === 2 && typeof position[0] === 'string' && typeof position[1] === 'number';

  it('leads back to its position', () => {
    const position: Position = ['Ünïcode "quoted"', 17];
    expect(decodeCursor(encodeCursor(position), isNameAndNumber)).toEqual(position);
  });

  it.each([
    ['nothing', ''],
    ['of more than 1000 characters', encodeCursor(['a'.repeat(1000), 1])],
    ['no base64url', '%%%'],
    ['one with something added', `${encodeCursor(['ada', 1])}!`],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['no list', Buffer.from('{"0":"ada"}').toString('base64url')],
    ['that of another list', encodeCursor(['ada'])],
    ['one with something inside', Buffer.from('["ada",{}]').toString('base64url')],
    ['one with a NUL', encodeCursor(['a\0', 1])],
    ['one with half a character', Buffer.from('["\\ud800",1]').toString('base64url')],
  ])('is not %s', (_, cursor) => {
    expect(() => decodeCursor(cursor, isNameAndNumber)).toThrow(
      expect.objectContaining({
        status: 422,
        errors: [expect.objectContaining({ loc: ['query', 'cursor'] })],
      }),
    );
  });
});

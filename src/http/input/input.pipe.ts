import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { lengthLimitOf } from './max-length.js';
import { type FieldError, InvalidInputError } from '../problem/problem.js';

/** JSON nested deeper than this is refused, so that no recursion of ours or of a library runs out of stack. */
const MAX_DEPTH = 20;
/** Fields and items in all. The largest DTO has six; class-validator takes 30 µs for each that it does not know. */
export const MAX_VALUES = 100;
/** UTF-16 units of the name of a field. */
export const MAX_NAME_LENGTH = 100;

/** Under which a form names the DTO that it is to be checked against, if that is another than JSON has. */
export const FORM_DTO = Symbol('astra:form-dto');

const OPTIONAL_BODY = 'astra:optional-body';

/** A body of this DTO can be left out, and is the same as `{}` then. */
export const OptionalBody = (): ClassDecorator => (dto) => Reflect.defineMetadata(OPTIONAL_BODY, true, dto);

/** Whether a body of a DTO can be left out. */
export const isOptionalBody = (dto: new () => object) => Reflect.hasMetadata(OPTIONAL_BODY, dto);

const UNKNOWN_FIELD = 'This field is not allowed.';

/** Codes of class-validator's own constraints; those of pydantic, so that clients of the FastAPI service know them. */
const codes: Record<string, string> = {
  whitelistValidation: 'extra_forbidden',
  isString: 'string_type',
  isBoolean: 'bool_type',
  isUuid: 'uuid_parsing',
  isIn: 'enum',
  isEnum: 'enum',
  isISO8601: 'datetime_parsing',
};

/**
 * Checks input against its DTO and makes an instance of it. Unlike Nest's ValidationPipe it names each field and
 * a code, refuses `null` and arrays where an object is due, and text that the database could not store. How long a text
 * is, it looks at first: see {@link MaxInputLength}.
 *
 * @throws {InvalidInputError} naming every field that is wrong.
 */
export class InputPipe implements PipeTransform {
  constructor(private readonly dto: new () => object) {}

  async transform(given: unknown, { type: kind }: Pick<ArgumentMetadata, 'type'>): Promise<object> {
    const type = kind === 'param' ? 'path' : kind;
    const value = given === undefined && isOptionalBody(this.dto) ? {} : given;
    if (value === undefined || value === null) {
      throw new InvalidInputError([{ loc: [type], code: 'missing', msg: 'A JSON object is required.' }]);
    }
    if (!isRecord(value)) {
      throw new InvalidInputError([{ loc: [type], code: 'object_type', msg: 'This must be an object.' }]);
    }
    const dto = (value as { [FORM_DTO]?: new () => object })[FORM_DTO] ?? this.dto;
    const tooLong: FieldError[] = [];
    const unusable = findUnusable(value, [type], dto, tooLong);
    if (unusable) throw new InvalidInputError([unusable]);

    const input: object = plainToInstance(dto, without(value, tooLong));
    const errors = await validate(input, {
      whitelist: true,
      // A host may mount us below a path with parameters of its own.
      forbidNonWhitelisted: kind !== 'param',
      forbidUnknownValues: true,
      validationError: { target: false },
    });
    const others = errors.filter(({ property }) => !tooLong.some(({ loc }) => loc[1] === property));
    const refusals = [...tooLong, ...others.flatMap((error) => fieldErrors(error, [type]))];
    if (refusals.length > 0) throw new InvalidInputError(refusals);
    return input;
  }
}

function fieldErrors(error: ValidationError, at: string[]): FieldError[] {
  const loc = [...at, error.property];
  const children = error.children?.flatMap((child) => fieldErrors(child, loc)) ?? [];
  const constraints = Object.entries(error.constraints ?? {});
  if (constraints.length > 0 && error.value === undefined) {
    return [{ loc, code: 'missing', msg: 'This field is required.' }];
  }
  const own = constraints.map(([name, msg]) => ({
    loc,
    code: contextCode(error.contexts?.[name]) ?? codes[name] ?? 'value_error',
    msg: name === 'whitelistValidation' ? UNKNOWN_FIELD : msg,
  }));
  return [...own, ...children];
}

function contextCode(context: unknown): string | undefined {
  return isRecord(context) && typeof context.code === 'string' ? context.code : undefined;
}

/** More values than anybody needs. */
export function tooMany(loc: string[]): FieldError {
  return { loc, code: 'too_many', msg: `This must not have more than ${MAX_VALUES} values.` };
}

/**
 * Looks for text with a NUL or half a surrogate pair, which Postgres refuses, for more or deeper values than anybody
 * needs, and for names that every object has, which class-transformer leaves out without a word.
 *
 * @param tooLong - Gets what is longer than its field may be. Nothing else is asked of that.
 */
function findUnusable(
  value: unknown,
  loc: string[],
  dto: new () => object,
  tooLong: FieldError[],
  count = { left: MAX_VALUES },
): FieldError | undefined {
  if (typeof value === 'string') {
    const { max, code, msg } = lengthLimitOf(dto, loc[1]);
    if (value.length > max) {
      tooLong.push({ loc, code, msg });
      return undefined;
    }
    return value.isWellFormed() && !value.includes('\0')
      ? undefined
      : { loc, code: 'string_unicode', msg: 'This text contains a character that cannot be stored.' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (loc.length > MAX_DEPTH)
    return {
      loc: loc.slice(0, 1),
      code: 'too_deep',
      msg: `This must not be nested deeper than ${MAX_DEPTH} levels.`,
    };
  const keys = Object.keys(value);
  count.left -= keys.length;
  if (count.left < 0) return tooMany(loc.slice(0, 1));
  for (const key of keys) {
    if (key in Object.prototype || key.length > MAX_NAME_LENGTH) {
      return { loc: [...loc, key.slice(0, MAX_NAME_LENGTH)], code: 'extra_forbidden', msg: UNKNOWN_FIELD };
    }
    const inner = (value as Record<string, unknown>)[key];
    const found = findUnusable(inner, [...loc, key], dto, tooLong, count);
    if (found) return found;
  }
  return undefined;
}

/** Leaves out the fields in which something is too long. */
function without(value: Record<string, unknown>, tooLong: readonly FieldError[]): Record<string, unknown> {
  if (tooLong.length === 0) return value;
  const names = new Set(tooLong.map(({ loc }) => loc[1]));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

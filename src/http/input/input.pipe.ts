import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { lengthLimitOf } from './max-length.js';
import { type FieldError, InvalidInputError, missingField } from '../problem/problem.js';

/** Maximum nesting of JSON, so that no recursion here or in a library exhausts the stack. */
const MAX_DEPTH = 20;
/** Maximum of fields and items in total. The largest DTO has six, or a list of 50; class-validator takes 30 µs for each unknown one. */
export const MAX_VALUES = 100;
/** Maximum length of a field name in UTF-16 units. */
export const MAX_NAME_LENGTH = 100;

/** Key under which a form carries its own DTO, if it differs from that of JSON. */
export const FORM_DTO = Symbol('astra:form-dto');

const OPTIONAL_BODY = 'astra:optional-body';

/** Allows the body of this DTO to be omitted, which means `{}`. */
export const OptionalBody = (): ClassDecorator => (dto) => Reflect.defineMetadata(OPTIONAL_BODY, true, dto);

/** Returns whether the body of a DTO can be omitted. */
export const isOptionalBody = (dto: new () => object) => Reflect.hasMetadata(OPTIONAL_BODY, dto);

const UNKNOWN_FIELD = 'This field is not allowed.';

/** Error codes for the constraints of class-validator: those of pydantic, which clients of the FastAPI service know. */
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
 * Validates input against its DTO and converts it to an instance. Unlike Nest's ValidationPipe, it reports each field
 * with a code, and rejects `null`, arrays instead of objects, and text that the database cannot store. It checks
 * lengths first: see {@link MaxInputLength}.
 *
 * @throws {InvalidInputError} with all invalid fields.
 */
export class InputPipe implements PipeTransform {
  constructor(private readonly dto: new () => object) {}

  /**
   * Converts a body, the query or the path parameters.
   *
   * @param given - As parsed; `undefined` for a missing body.
   * @returns an instance of the DTO. Fields that the request omits are `undefined`.
   * @throws {InvalidInputError} with all invalid fields.
   */
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
      // A host may mount the routes below a path with parameters of its own.
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

/** Converts errors of class-validator to field errors with a path and a stable code. */
function fieldErrors(error: ValidationError, at: string[]): FieldError[] {
  const loc = [...at, error.property];
  const children = error.children?.flatMap((child) => fieldErrors(child, loc)) ?? [];
  const constraints = Object.entries(error.constraints ?? {});
  if (constraints.length > 0 && error.value === undefined) {
    return [missingField(...loc)];
  }
  const own = constraints.map(([name, msg]) => ({
    loc,
    code: contextCode(error.contexts?.[name]) ?? codes[name] ?? 'value_error',
    msg: name === 'whitelistValidation' ? UNKNOWN_FIELD : msg,
  }));
  return [...own, ...children];
}

/** Returns the code that a decorator of the field states, if any. */
function contextCode(context: unknown): string | undefined {
  return isRecord(context) && typeof context.code === 'string' ? context.code : undefined;
}

/** Returns the error for too many values. */
export function tooMany(loc: string[]): FieldError {
  return { loc, code: 'too_many', msg: `This must not have more than ${MAX_VALUES} values.` };
}

/**
 * Finds text with NUL or lone surrogates, which Postgres rejects, too many or too deeply nested values, and names of
 * properties that every object has, which class-transformer silently drops.
 *
 * @param tooLong - Collects text that exceeds the limit of its field, and is not validated further.
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

/** Omits fields that contain too long text. */
function without(value: Record<string, unknown>, tooLong: readonly FieldError[]): Record<string, unknown> {
  if (tooLong.length === 0) return value;
  const names = new Set(tooLong.map(({ loc }) => loc[1]));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Default maximum of a string in UTF-16 units. */
const MAX_STRING_LENGTH = 1_024;

/** Maximum of a token in UTF-16 units. Astra's own have a fifth of it; those of other services may need all. */
export const MAX_TOKEN_LENGTH = 4_096;

/** Length limit of a field, with its error. */
export interface LengthLimit {
  max: number;
  code: string;
  msg: string;
}

const LENGTH_LIMIT = 'astra:length-limit';

/**
 * Limits the length of a field before anything else processes it: longer text reaches no transformation, pattern or
 * normalization. Rules about the meaning of the text are separate, and may be stricter: they count after trimming and
 * NFC.
 *
 * @param max - In UTF-16 units as sent. Default of other fields: {@link MAX_STRING_LENGTH}.
 * @param refusal - Error to use instead of `string_too_long`.
 */
export function MaxInputLength(
  max: number,
  refusal: Partial<Pick<LengthLimit, 'code' | 'msg'>> = {},
): PropertyDecorator {
  return Reflect.metadata(LENGTH_LIMIT, { ...limitOf(max), ...refusal });
}

/** Returns the length limit of a field. */
export function lengthLimitOf(dto: new () => object, field: string): LengthLimit {
  const limit = Reflect.getMetadata(LENGTH_LIMIT, dto.prototype as object, field) as LengthLimit | undefined;
  return limit ?? DEFAULT;
}

function limitOf(max: number): LengthLimit {
  return { max, code: 'string_too_long', msg: `This must be at most ${max} characters long.` };
}

const DEFAULT = limitOf(MAX_STRING_LENGTH);

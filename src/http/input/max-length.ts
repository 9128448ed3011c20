/** UTF-16 units of a string of which its field says nothing else. */
const MAX_STRING_LENGTH = 1_024;

/** UTF-16 units of a token: ours have a fifth of it, those of other services up to it. */
export const MAX_TOKEN_LENGTH = 4_096;

/** How long the string in a field may be, and how it is refused beyond. */
export interface LengthLimit {
  max: number;
  code: string;
  msg: string;
}

const LENGTH_LIMIT = 'astra:length-limit';

/**
 * Limits a field of a DTO before anything looks at it: longer text meets no transform, no pattern, no normalization. Rules
 * about what the text means stand beside it, and may be stricter: they count what is left after trimming and NFC.
 *
 * @param max - UTF-16 units, as they were sent. Default for all fields: {@link MAX_STRING_LENGTH}.
 * @param refusal - For another code than `string_too_long`.
 */
export function MaxInputLength(
  max: number,
  refusal: Partial<Pick<LengthLimit, 'code' | 'msg'>> = {},
): PropertyDecorator {
  return Reflect.metadata(LENGTH_LIMIT, { ...limitOf(max), ...refusal });
}

/** Finds how long the string in a field of a DTO may be. */
export function lengthLimitOf(dto: new () => object, field: string): LengthLimit {
  const limit = Reflect.getMetadata(LENGTH_LIMIT, dto.prototype as object, field) as LengthLimit | undefined;
  return limit ?? DEFAULT;
}

function limitOf(max: number): LengthLimit {
  return { max, code: 'string_too_long', msg: `This must be at most ${max} characters long.` };
}

const DEFAULT = limitOf(MAX_STRING_LENGTH);

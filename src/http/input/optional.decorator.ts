import { ValidateIf } from 'class-validator';

/** Allows a field to be omitted, but not to be `null`; class-validator's `@IsOptional()` accepts `null`. */
export const Optional = () => ValidateIf((_, value) => value !== undefined);

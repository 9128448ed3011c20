import { ValidateIf } from 'class-validator';

/** The field may be left out, but not be `null`. class-validator's own `@IsOptional()` lets `null` through. */
export const Optional = () => ValidateIf((_, value) => value !== undefined);

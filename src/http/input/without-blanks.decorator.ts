import { Transform } from 'class-transformer';

/** Removes the blanks that people type between the digits of a code. */
export const WithoutBlanks = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.replaceAll(' ', '') : value,
  );

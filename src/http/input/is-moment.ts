import { isISO8601, ValidateBy } from 'class-validator';

/** Date, or timestamp with a UTC offset; without one it would be read in the time zone of the server. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A point in time in a query, as text. */
export const IsMoment = () =>
  ValidateBy(
    {
      name: 'isMoment',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          MOMENT.test(value) &&
          isISO8601(value, { strict: true }) &&
          !Number.isNaN(Date.parse(value)),
      },
    },
    {
      message: 'This must be an ISO 8601 date (2026-11-22, in UTC) or timestamp (2026-11-22T10:00:00Z).',
      context: { code: 'datetime_parsing' },
    },
  );

/** Returns the point in time that a valid text means. */
export const momentOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

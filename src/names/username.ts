/** Characters allowed in a username. Usernames of imported accounts may contain others. */
const CHARACTERS = 'A-Za-z0-9_.-';

/** Length of a username, in characters. */
export const USERNAME_LENGTH = { min: 3, max: 50 } as const;
/** Matches text of any length that contains only allowed characters. */
export const USERNAME_PATTERN = new RegExp(`^[${CHARACTERS}]*$`);
/** OpenAPI schema of a username. */
export const usernameSchema = {
  example: 'ada',
  minLength: USERNAME_LENGTH.min,
  maxLength: USERNAME_LENGTH.max,
  pattern: USERNAME_PATTERN.source,
};

/** Returns whether registration accepts a username. */
export function isUsername(text: string): boolean {
  return (
    text.length >= USERNAME_LENGTH.min && text.length <= USERNAME_LENGTH.max && USERNAME_PATTERN.test(text)
  );
}

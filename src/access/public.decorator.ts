import { stateRule } from './guards/access-rule.js';

/**
 * Opens a route to everyone, signed in or not. On a class, it applies to routes without another rule: those
 * with `@Authenticated()`, `@Roles()` or `@Permissions()` stay closed.
 *
 * @throws {Error} while the class is loaded, if one of those is on the same route or class.
 */
export const Public = () => stateRule('public', '@Public()');

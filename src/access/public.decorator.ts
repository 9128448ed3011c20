import { stateRule } from './access-rule.js';

/**
 * Anyone may call the route, signed in or not. On a class it holds for the routes that say nothing else: what
 * `@Authenticated()`, `@Roles()` or `@Permissions()` closes below it stays closed.
 *
 * @throws {Error} while the class is loaded, if one of those stands on the same route or class.
 */
export const Public = () => stateRule('public', '@Public()');

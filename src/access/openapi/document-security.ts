/** The name of the security scheme that the OpenAPI document gives to guarded routes. */
export const SECURITY_SCHEME = 'astra';

/** Where @nestjs/swagger keeps what its `ApiSecurity` says: a name of its own, but part of what its plugins rely on. */
const API_SECURITY = 'swagger/apiSecurity';

/**
 * Has the OpenAPI document show a lock, as `ApiSecurity` of @nestjs/swagger would, without loading that: a service that
 * only verifies tokens need not have it.
 *
 * @param schemes - The names of the security schemes, of which one is enough; none means that no token is needed either.
 */
export function DocumentSecurity(...schemes: (string | null)[]): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: { value?: unknown }) => {
    const subject = (descriptor?.value as object | undefined) ?? target;
    const before = (Reflect.getMetadata(API_SECURITY, subject) as object[] | undefined) ?? [];
    const security = schemes.map((scheme) => (scheme === null ? {} : { [scheme]: [] }));
    Reflect.defineMetadata(API_SECURITY, [...before, ...security], subject);
  };
}

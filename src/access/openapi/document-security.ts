/** Name of the security scheme of guarded routes in the OpenAPI document. */
export const SECURITY_SCHEME = 'astra';

/** Name of the security scheme of routes that accept API keys as well. */
export const API_KEY_SCHEME = 'astra_api_key';

/** Metadata key of `ApiSecurity` in @nestjs/swagger. It is not exported, but plugins of @nestjs/swagger rely on it. */
const API_SECURITY = 'swagger/apiSecurity';

/**
 * Marks a route as secured in the OpenAPI document, like `ApiSecurity` of @nestjs/swagger but without loading that
 * package, which a verifier need not install.
 *
 * @param schemes - Alternative security schemes; `null` means that no token is needed.
 */
export function DocumentSecurity(...schemes: (string | null)[]): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: { value?: unknown }) => {
    const subject = (descriptor?.value as object | undefined) ?? target;
    const before = (Reflect.getMetadata(API_SECURITY, subject) as object[] | undefined) ?? [];
    const isNew = (scheme: string | null) => scheme === null || !before.some((one) => scheme in one);
    const security = schemes.filter(isNew).map((scheme) => (scheme === null ? {} : { [scheme]: [] }));
    Reflect.defineMetadata(API_SECURITY, [...before, ...security], subject);
  };
}

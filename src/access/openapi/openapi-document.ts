import type { DocumentBuilder, OpenAPIObject } from '@nestjs/swagger';
import { checkedRoles, type RolesOption } from '../../settings/roles-option.js';
import { API_KEY_SCHEME, SECURITY_SCHEME } from './document-security.js';

/** One route of an OpenAPI document. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/**
 * Adds the security scheme to an OpenAPI document, so that Swagger UI's Authorize asks for a username and a
 * password. Guarded routes refer to the scheme by name, so call this in a host that shows Astra's routes in
 * its own document.
 *
 * @param where - `tokenUrl` is the path of the sign-in route, with the application's prefix and version:
 *   `/api/v1/auth/login`. It takes refresh tokens as well, as a form.
 */
export function addAstraSecurity(builder: DocumentBuilder, where: { tokenUrl: string }): DocumentBuilder {
  builder.addApiKey(
    {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description:
        'An API key of the user or of a service account. `Authorization: Bearer` carries it as well.',
    },
    API_KEY_SCHEME,
  );
  return builder.addOAuth2(
    {
      type: 'oauth2',
      description:
        'Sign in with a username or an email address and a password. Leave the client fields empty.',
      flows: { password: { refreshUrl: where.tokenUrl, ...where, scopes: {} } },
    },
    SECURITY_SCHEME,
  );
}

/**
 * Adds the roles to an OpenAPI document if a host has more than the built-in ones.
 *
 * @param roles - The option of this name.
 */
export function addAstraRoles(document: OpenAPIObject, roles: RolesOption): OpenAPIObject {
  return nameRoles(document, checkedRoles(roles).keys());
}

/**
 * Sets the enum of the schema `AstraRole`, if the document has it.
 *
 * @param names - Names of all roles.
 */
export function nameRoles(document: OpenAPIObject, names: Iterable<string>): OpenAPIObject {
  const schemas = document.components?.schemas ?? {};
  if ('AstraRole' in schemas) schemas.AstraRole = { ...schemas.AstraRole, enum: [...names] };
  return document;
}

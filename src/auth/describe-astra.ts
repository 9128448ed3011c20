import type { INestApplicationContext } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AuthSettings } from '../settings/auth-settings.js';

/**
 * Tells an OpenAPI document what depends on the options of Astra: whether `register` answers with the account or, under
 * strict privacy, with nothing of it; and which roles there are.
 *
 * @param app - Imports Astra.
 * @returns the document, changed in place.
 */
export function describeAstra(app: INestApplicationContext, document: OpenAPIObject): OpenAPIObject {
  const { registrationPrivacy, roles } = app.get(AuthSettings, { strict: false });
  const impossible = registrationPrivacy === 'strict' ? '201' : '202';
  for (const { post } of Object.values(document.paths)) {
    if (post?.operationId !== 'registration_register') continue;
    // The operation is made of what the decorators hold, which other documents of this process are made of too.
    const { [impossible]: _, ...responses } = post.responses;
    post.responses = responses;
  }
  const schemas = document.components?.schemas ?? {};
  if ('AstraRole' in schemas) schemas.AstraRole = { ...schemas.AstraRole, enum: [...roles.keys()] };
  return document;
}

import type { DocumentBuilder } from '@nestjs/swagger';
import { SECURITY_SCHEME } from './astra-controller.decorator.js';

/**
 * Tells an OpenAPI document how to sign in, so that Swagger UI's Authorize asks for a username and a password. Guarded
 * routes refer to it by name, so a host that shows Astra's routes in its own document calls this too.
 *
 * @param options.tokenUrl - The path of the sign-in route, with the application's prefix and version:
 *   `/api/v1/auth/login`.
 */
export function addAstraSecurity(
  builder: DocumentBuilder,
  { tokenUrl }: { tokenUrl: string },
): DocumentBuilder {
  return builder.addOAuth2(
    {
      type: 'oauth2',
      description:
        'Sign in with a username, or an email address, and a password. The client fields stay empty.',
      flows: { password: { tokenUrl, scopes: {} } },
    },
    SECURITY_SCHEME,
  );
}

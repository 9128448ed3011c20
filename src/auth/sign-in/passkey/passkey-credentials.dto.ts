import { ApiSchema } from '@nestjs/swagger';
import { PasskeyField } from '../../factors/passkeys/webauthn/passkey-field.js';
import { readAssertion } from '../../factors/passkeys/webauthn/responses.js';

/** Signature of a passkey. It names the user, so there is no username beside it. */
@ApiSchema({ name: 'AstraPasskeyCredentials' })
export class PasskeyCredentialsDto {
  @PasskeyField(readAssertion, {
    description: '`credential.toJSON()` of the credential that `navigator.credentials.get()` returned.',
    members: ['clientDataJSON', 'authenticatorData', 'signature'],
  })
  passkey: object;
}

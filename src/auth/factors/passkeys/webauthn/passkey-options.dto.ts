import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';

const challenge = {
  example: '2Yq1l0VnX9eZ4mQyaNnJ5mRfHk0T3cJm8C9jY5JQvWk',
  description: 'base64url. It can be used once.',
};

/**
 * Options of `navigator.credentials.create()` as JSON (WebAuthn Level 3, 5.1.8). Objects are described as such and not member
 * by member: they are the browser's, and pages hand them on as they are.
 */
@ApiSchema({ name: 'AstraPasskeyCreationOptions' })
export class PasskeyCreationOptionsDto implements PublicKeyCredentialCreationOptionsJSON {
  @ApiProperty({ type: 'object', additionalProperties: true, example: { id: 'example.com', name: 'Astra' } })
  rp: PublicKeyCredentialCreationOptionsJSON['rp'];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { id: 'AZnzpHoRfQOOCl0PfzqcQg', name: 'ada', displayName: 'Ada Lovelace' },
  })
  user: PublicKeyCredentialCreationOptionsJSON['user'];

  @ApiProperty(challenge)
  challenge: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ type: 'public-key', alg: -7 }],
  })
  pubKeyCredParams: PublicKeyCredentialCreationOptionsJSON['pubKeyCredParams'];

  @ApiProperty({ type: 'integer', example: 300_000, description: 'Milliseconds' })
  timeout?: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [],
    description: 'Your passkeys, so that no device gets a second one.',
  })
  excludeCredentials?: PublicKeyCredentialCreationOptionsJSON['excludeCredentials'];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
  })
  authenticatorSelection?: PublicKeyCredentialCreationOptionsJSON['authenticatorSelection'];

  @ApiProperty({ type: 'string', enum: ['none'], example: 'none' })
  attestation?: PublicKeyCredentialCreationOptionsJSON['attestation'];

  @ApiProperty({ type: 'object', additionalProperties: true, example: { credProps: true } })
  extensions?: PublicKeyCredentialCreationOptionsJSON['extensions'];
}

/**
 * Options of `navigator.credentials.get()` as JSON (WebAuthn Level 3, 5.1.9). With `allowCredentials`, they reveal that an
 * account has passkeys, so they are then only for its user, whose password or session was verified before.
 */
@ApiSchema({ name: 'AstraPasskeyRequestOptions' })
export class PasskeyRequestOptionsDto implements PublicKeyCredentialRequestOptionsJSON {
  @ApiProperty(challenge)
  challenge: string;

  @ApiProperty({ type: 'integer', example: 300_000, description: 'Milliseconds' })
  timeout?: number;

  @ApiProperty({ example: 'example.com' })
  rpId?: string;

  @ApiPropertyOptional({
    example: [{ id: 'pQ5pK0jXbGdlyT1SrfR1hA', type: 'public-key', transports: ['internal'] }],
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'The passkeys of the account, if it is known.',
  })
  allowCredentials?: PublicKeyCredentialRequestOptionsJSON['allowCredentials'];

  @ApiProperty({ type: 'string', enum: ['required', 'preferred'], example: 'required' })
  userVerification?: PublicKeyCredentialRequestOptionsJSON['userVerification'];
}

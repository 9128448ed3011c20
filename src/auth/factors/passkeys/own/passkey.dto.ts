import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Optional } from '../../../../http/input/optional.decorator.js';
import { PageOf } from '../../../../paging/page.dto.js';
import { NameField } from '../../../../http/input/name-field.js';
import type { Passkey } from '../passkey.entity.js';
import { PasskeyField } from '../webauthn/passkey-field.js';
import { readRegistration } from '../webauthn/responses.js';
import { authenticatorName } from '../webauthn/authenticator-names.js';

/** Maximum length of a name in UTF-16 units, as in the column `auth_passkeys.name`. */
const MAX_NAME = 80;

/** New passkey of the signed-in user. */
@ApiSchema({ name: 'AstraNewPasskey' })
export class NewPasskeyDto {
  @PasskeyField(readRegistration, {
    description: '`credential.toJSON()` of the credential that `navigator.credentials.create()` returned.',
    members: ['clientDataJSON', 'attestationObject'],
  })
  passkey: object;

  @ApiPropertyOptional({
    example: 'My phone',
    maxLength: MAX_NAME,
    description: 'Default the name of the authenticator, if it is known.',
  })
  @Optional()
  @NameField(MAX_NAME)
  name?: string;
}

/** New name of a passkey. */
@ApiSchema({ name: 'AstraRenamePasskey' })
export class RenamePasskeyDto {
  @ApiProperty({ example: 'My phone', minLength: 1, maxLength: MAX_NAME })
  @NameField(MAX_NAME)
  name: string;
}

/**
 * Passkey as shown to its owner. Neither its key nor its counter is of use to anybody, and the credential id is only listed
 * where a page needs it.
 */
@ApiSchema({ name: 'AstraPasskey' })
export class PasskeyDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  id: string;

  @ApiProperty({ example: 'My phone' })
  name: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'Google Password Manager',
    description: 'What stores the passkey, as far as it tells. `null` if unknown.',
  })
  authenticator: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: '2026-11-22T10:14:00.000Z' })
  last_used_at: string | null;

  @ApiProperty({
    example: true,
    description: 'Whether it is synced, so that it survives the loss of a device.',
  })
  backed_up: boolean;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    example: true,
    description: 'Whether the browser finds it without a username. `null` if the browser did not say.',
  })
  discoverable: boolean | null;

  /** Converts a passkey. */
  static from(passkey: Passkey): PasskeyDto {
    return {
      id: passkey.id,
      name: passkey.name,
      authenticator: authenticatorName(passkey.aaguid),
      created_at: passkey.createdAt.toISOString(),
      last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
      backed_up: passkey.backedUp,
      discoverable: passkey.discoverable,
    };
  }
}

/** Added passkey, with recovery codes if it is the first factor. */
@ApiSchema({ name: 'AstraAddedPasskey' })
export class AddedPasskeyDto extends PasskeyDto {
  @ApiPropertyOptional({
    type: [String],
    example: ['3k7qd-x0fzm', '…'],
    description: 'Only with the first factor. They are shown once.',
  })
  recovery_codes?: string[];

  /** @param recoveryCodes - Empty unless the passkey is the first factor: the member is then omitted. */
  static of(passkey: Passkey, recoveryCodes: string[]): AddedPasskeyDto {
    const codes = recoveryCodes.length > 0 ? { recovery_codes: recoveryCodes } : {};
    return Object.assign(PasskeyDto.from(passkey), codes);
  }
}

/** Page of passkeys, with what a page needs for WebAuthn's signal methods (WebAuthn Level 3, 5.1.10). */
@ApiSchema({ name: 'AstraPasskeyPage' })
export class PasskeyPageDto extends PageOf(PasskeyDto) {
  @ApiProperty({ example: 'example.com', description: 'The domain that the passkeys are bound to.' })
  rp_id: string;

  @ApiProperty({ example: 'AZnzpHoRfQOOCl0PfzqcQg', description: 'The id of the user in authenticators.' })
  user_handle: string;

  @ApiProperty({
    type: [String],
    example: ['pQ5pK0jXbGdlyT1SrfR1hA'],
    description:
      'The credential ids of all passkeys, for `PublicKeyCredential.signalAllAcceptedCredentials()`.',
  })
  credential_ids: string[];
}

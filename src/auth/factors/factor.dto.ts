import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsUUID, Matches } from 'class-validator';
import { applyDecorators } from '@nestjs/common';
import { InvalidInputError } from '../../http/problem/problem.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { WithoutBlanks } from '../../http/input/without-blanks.decorator.js';
import { PageOf } from '../../paging/page.dto.js';
import { NameField } from '../../http/input/name-field.js';
import { type FactorType, factorTypes } from '../../users/fields/factor-types.js';
import type { GivenProof } from './factors.service.js';
import type { ListedFactor } from './own/factor-list.service.js';
import { PasskeyField } from './passkeys/webauthn/passkey-field.js';
import { type Assertion, readAssertion } from './passkeys/webauthn/responses.js';
import type { TotpSetup } from './totp/totp-codes.js';
import { TOTP_SETUP_TTL } from './totp/totp.service.js';

/** Field for a code of an authenticator app. */
export const TotpCodeField = () =>
  applyDecorators(
    WithoutBlanks(),
    Matches(/^[0-9]{6}$/, { message: 'The code must have 6 digits.', context: { code: 'code_format' } }),
  );

/** Field for a recovery code. */
const RecoveryCodeField = () =>
  applyDecorators(
    WithoutBlanks(),
    Matches(/^[0-9A-Za-z]{5}-?[0-9A-Za-z]{5}$/, {
      message: 'A recovery code has 10 letters and digits, such as 3k7qd-x0fzm.',
      context: { code: 'code_format' },
    }),
  );

/** Exactly one proof of a second factor. */
export class FactorProofDto {
  @ApiPropertyOptional({
    example: '123456',
    description: 'The code of an authenticator app. Blanks are ignored.',
  })
  @Optional()
  @TotpCodeField()
  totp_code?: string;

  @ApiPropertyOptional({ example: '3k7qd-x0fzm', description: 'A recovery code, which can be used once.' })
  @Optional()
  @RecoveryCodeField()
  recovery_code?: string;

  @Optional()
  @PasskeyField(readAssertion, {
    description:
      '`credential.toJSON()` of the credential that `navigator.credentials.get()` returned for `passkey_options`.',
    members: ['clientDataJSON', 'authenticatorData', 'signature'],
    isOptional: true,
  })
  passkey?: object;
}

/**
 * Returns the only proof of the input.
 *
 * @throws {InvalidInputError} unless there is exactly one.
 */
export function factorProofOf({ totp_code, recovery_code, passkey }: FactorProofDto): GivenProof {
  assertOneProof({ totp_code, recovery_code, passkey });
  if (totp_code !== undefined) return { totpCode: totp_code };
  if (recovery_code !== undefined) return { recoveryCode: recovery_code };
  return { passkey: readAssertion(passkey) as Assertion };
}

/** @throws {InvalidInputError} unless exactly one of the fields was sent; the error names them all. */
export function assertOneProof(fields: Readonly<Record<string, unknown>>): void {
  if (Object.values(fields).filter((proof) => proof !== undefined).length === 1) return;
  const msg = `Exactly one of these fields is required: ${Object.keys(fields).join(', ')}.`;
  throw new InvalidInputError([{ loc: ['body'], code: 'one_proof', msg }]);
}

/** Maximum length of the name of a factor in UTF-16 units, as in the column `auth_totp.name`. */
const MAX_NAME = 50;

/** Second factor of a user. */
@ApiSchema({ name: 'AstraFactor' })
export class FactorDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-8b2c-7e11-9f6a-2d4c8e1b7a90' })
  id: string;

  @ApiProperty({ enum: factorTypes, example: 'totp' })
  type: FactorType;

  @ApiProperty({ example: 'Authenticator app' })
  name: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  created_at: string;

  @ApiProperty({ type: 'string', nullable: true, format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  last_used_at: string | null;

  /** Shows what all types of factors have in common. */
  static from({ id, type, name, createdAt, lastUsedAt }: ListedFactor): FactorDto {
    return {
      ...{ id, type, name, created_at: createdAt.toISOString() },
      last_used_at: lastUsedAt?.toISOString() ?? null,
    };
  }
}

/** Page of factors, with the number of recovery codes. */
@ApiSchema({ name: 'AstraFactorPage' })
export class FactorPageDto extends PageOf(FactorDto) {
  @ApiProperty({ type: 'integer', example: 10, description: 'Number of unused recovery codes.' })
  recovery_codes_left: number;
}

/** Request for an authenticator app, or its new name. */
@ApiSchema({ name: 'AstraNewTotp' })
export class NewTotpDto {
  @ApiPropertyOptional({
    example: 'Phone',
    minLength: 1,
    maxLength: MAX_NAME,
    description: 'Default `Authenticator app`.',
  })
  @Optional()
  @NameField(MAX_NAME)
  name?: string;
}

/** New name of a factor. */
@ApiSchema({ name: 'AstraRenameFactor' })
export class RenameFactorDto {
  @ApiProperty({ example: 'Phone', minLength: 1, maxLength: MAX_NAME })
  @NameField(MAX_NAME)
  name: string;
}

/** Secret for an authenticator app. */
@ApiSchema({ name: 'AstraTotpSetup' })
export class TotpSetupDto {
  @ApiProperty({ example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', description: 'In Base32, to type it in.' })
  secret: string;

  @ApiProperty({
    example:
      'otpauth://totp/Astra:ada?issuer=Astra&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
    description: 'Opens the app on the same device.',
  })
  uri: string;

  @ApiProperty({
    example: '<svg xmlns="http://www.w3.org/2000/svg">…</svg>',
    description: 'QR code of `uri`.',
  })
  qr_svg: string;

  /** The response is the only place that shows the secret. */
  static from({ secret, uri, qrSvg }: TotpSetup): TotpSetupDto {
    return { secret, uri, qr_svg: qrSvg };
  }
}

/** Authenticator app that its user has yet to confirm. */
@ApiSchema({ name: 'AstraUnconfirmedTotp' })
export class UnconfirmedTotpDto extends TotpSetupDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-8b2c-7e11-9f6a-2d4c8e1b7a90' })
  id: string;

  @ApiProperty({
    type: 'integer',
    example: TOTP_SETUP_TTL,
    description: 'Seconds in which it can be confirmed.',
  })
  expires_in: number;
}

/** First code of an authenticator app. */
@ApiSchema({ name: 'AstraConfirmTotp' })
export class ConfirmTotpDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-8b2c-7e11-9f6a-2d4c8e1b7a90' })
  @IsUUID(undefined, { message: 'The id must be a UUID.' })
  id: string;

  @ApiProperty({ example: '123456', description: 'The code that the app shows.' })
  @TotpCodeField()
  totp_code: string;
}

/** Recovery codes, shown once. */
@ApiSchema({ name: 'AstraRecoveryCodes' })
export class RecoveryCodesDto {
  @ApiProperty({
    type: [String],
    example: ['3k7qd-x0fzm', '…'],
    description: 'Each replaces a lost factor once.',
  })
  recovery_codes: string[];
}

/** Added factor with the recovery codes. */
@ApiSchema({ name: 'AstraAddedFactor' })
export class AddedFactorDto extends RecoveryCodesDto {
  @ApiProperty({ type: FactorDto })
  factor: FactorDto;
}

import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { Optional } from '../../../http/input/optional.decorator.js';
import { assertOneProof, factorProofOf, RecoveryCodesDto } from '../../factors/factor.dto.js';
import { factorTypes } from '../../../users/fields/factor-types.js';
import type { GivenProof } from '../../factors/factors.service.js';
import { PasskeyField } from '../../factors/passkeys/webauthn/passkey-field.js';
import { readRegistration, type Registration } from '../../factors/passkeys/webauthn/responses.js';
import { EmailCodeField } from '../../email-codes/email-code-field.js';
import { SignInTokenField } from '../../one-time-tokens/sign-in-token-field.js';
import { PasswordText } from '../../passwords/policy/password-fields.js';
import { TokenDto } from '../../refresh/token.dto.js';
import { type ProviderStep, ProviderStepDto } from '../provider/provider-step.dto.js';

/** Factors that can be added while signing in. */
const enrolTypes = [...factorTypes, 'password'] as const;

/** Sign-in token and exactly one proof. */
@ApiSchema({ name: 'AstraContinueSignIn' })
export class ContinueSignInDto extends ProviderStepDto {
  @SignInTokenField({
    description:
      'The `sign_in_token` of the response to the sign-in. Only pages that have it in their cookie may omit it, with a code by email.',
  })
  sign_in_token?: string;

  @Optional()
  @PasskeyField(readRegistration, {
    description:
      '`credential.toJSON()` of the credential that `navigator.credentials.create()` returned for the options of `/auth/login/enrol`.',
    members: ['clientDataJSON', 'attestationObject'],
    isOptional: true,
  })
  new_passkey?: object;

  @EmailCodeField()
  email_code?: string;

  @ApiPropertyOptional({
    example: 'Analytical1',
    format: 'password',
    description: 'The first password of an account that has none. The rules are those of the registration.',
  })
  @Optional()
  @PasswordText()
  new_password?: string;

  /** @throws {InvalidInputError} unless there is exactly one proof. */
  toProof():
    | GivenProof
    | { newPasskey: Registration }
    | { emailCode: string }
    | { newPassword: string }
    | { providerStep: ProviderStep } {
    const { totp_code, recovery_code, passkey, new_passkey, email_code, new_password } = this;
    const { code_verifier, password, username } = this;
    const ownProofs = { totp_code, recovery_code, passkey, new_passkey, email_code, new_password };
    assertOneProof({ ...ownProofs, code_verifier, password, username });
    const providerStep = this.toProviderStep();
    if (providerStep) return { providerStep };
    if (new_password !== undefined) return { newPassword: new_password };
    if (email_code !== undefined) return { emailCode: email_code };
    if (new_passkey === undefined) return factorProofOf(this);
    return { newPasskey: readRegistration(new_passkey) as Registration };
  }
}

/** Sign-in token and the type of the factor to add. */
@ApiSchema({ name: 'AstraEnrol' })
export class EnrolDto {
  @SignInTokenField()
  sign_in_token: string;

  @ApiProperty({ enum: enrolTypes, example: 'totp', description: 'One of `enrol`.' })
  @IsIn(enrolTypes, { message: `The type must be one of: ${enrolTypes.join(', ')}.` })
  type: (typeof enrolTypes)[number];
}

/** Tokens of a session, and recovery codes if the sign-in has added a factor. */
@ApiSchema({ name: 'AstraContinuedToken' })
export class ContinuedTokenDto extends TokenDto implements Partial<RecoveryCodesDto> {
  @ApiPropertyOptional({
    type: [String],
    example: ['3k7qd-x0fzm', '…'],
    description: 'Only if this sign-in has added a factor. They are shown once.',
  })
  recovery_codes?: string[];
}

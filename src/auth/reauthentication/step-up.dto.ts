import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { Optional } from '../../http/input/optional.decorator.js';
import { FactorProofDto, assertOneProof, factorProofOf } from '../factors/factor.dto.js';
import { EmailCodeField } from '../email-codes/email-code-field.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { SignInTokenField } from '../one-time-tokens/sign-in-token-field.js';
import { CodeVerifierField } from '../providers/code-verifier-field.js';
import { OptionalBody } from '../../http/input/input.pipe.js';
import type { ConfirmingProof } from './step-up.service.js';
import { PasswordText } from '../passwords/policy/password-fields.js';
import { TokenDto } from '../refresh/token.dto.js';
import { PasskeyRequestOptionsDto } from '../factors/passkeys/webauthn/passkey-options.dto.js';
import type { RenewedToken } from './session-renewal.js';

/** Exactly one proof of a signed-in user. */
@ApiSchema({ name: 'AstraProof' })
export class ProofDto extends FactorProofDto {
  @ApiPropertyOptional({ example: 'Analytical1', format: 'password' })
  @Optional()
  @PasswordText()
  password?: string;

  @EmailCodeField()
  email_code?: string;

  @CodeVerifierField()
  code_verifier?: string;

  @SignInTokenField({
    description:
      'With `code_verifier` only: the `sign_in_token` with which the provider has led back to the app.',
  })
  sign_in_token?: string;

  /** @throws {InvalidInputError} unless there is exactly one, with its sign-in token if it is that of a provider. */
  toProof(): ConfirmingProof {
    const { password, totp_code, recovery_code, passkey, email_code, code_verifier, sign_in_token } = this;
    assertOneProof({ password, totp_code, recovery_code, passkey, email_code, code_verifier });
    if ((code_verifier === undefined) !== (sign_in_token === undefined)) throw notTogether();
    if (code_verifier !== undefined && sign_in_token !== undefined)
      return { token: sign_in_token, codeVerifier: code_verifier };
    if (password !== undefined) return { password };
    return email_code !== undefined ? { emailCode: email_code } : factorProofOf(this);
  }
}

/** Error for a verifier without the token that it belongs to, or the token alone. */
function notTogether(): InvalidInputError {
  const msg = 'code_verifier and sign_in_token belong together.';
  return new InvalidInputError([{ loc: ['body', 'sign_in_token'], code: 'value_error', msg }]);
}

/** New access token of the same session. */
@ApiSchema({ name: 'AstraRenewedToken' })
export class RenewedTokenDto {
  @ApiProperty({
    example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9…',
    description: 'For services that verify access tokens themselves. Here, the earlier one works as well.',
  })
  access_token: string;

  @ApiProperty({ enum: ['bearer'], example: 'bearer' })
  token_type: TokenDto['token_type'];

  @ApiProperty({ type: 'integer', example: 900, description: 'Lifetime of the access token in seconds.' })
  expires_in: number;

  /** Without a refresh token: that of the session stays valid. */
  static from({ accessToken, accessTokenTtl }: RenewedToken): RenewedTokenDto {
    return { access_token: accessToken, token_type: 'bearer', expires_in: accessTokenTtl };
  }
}

/** Request for the proofs that a user can send, or for a code. */
@ApiSchema({ name: 'AstraAskForProofs' })
@OptionalBody()
export class AskForProofsDto {
  @ApiPropertyOptional({
    enum: ['email_code'],
    example: 'email_code',
    description: 'Sends a code to your email address, if `email_code` is true in the response.',
  })
  @Optional()
  @IsIn(['email_code'], { message: 'Only this can be sent: email_code.' })
  send?: 'email_code';
}

/** Proofs that a user can send. */
@ApiSchema({ name: 'AstraProofOptions' })
export class ProofOptionsDto {
  @ApiProperty({
    isArray: true,
    enum: ['password', 'totp', 'passkey', 'recovery_code'],
    example: ['password', 'totp', 'recovery_code'],
    description:
      'A password, a code by email or a sign-in with a provider is one factor, any other proof counts as two.',
  })
  factors: string[];

  @ApiProperty({ example: false, description: 'Whether a code can be sent by email.' })
  email_code: boolean;

  @ApiProperty({
    type: [String],
    example: ['google'],
    description:
      'Providers at which you have an identity, and which say when you have signed in there: begin to sign in with one, with `prompt=login`, and send the `sign_in_token` with which it leads back, and the `code_verifier`.',
  })
  providers: string[];

  @ApiPropertyOptional({
    type: PasskeyRequestOptionsDto,
    description: 'Only if you have a passkey.',
    example: {
      ...{ challenge: '2Yq1l0VnX9eZ4mQyaNnJ5mRfHk0T3cJm8C9jY5JQvWk', timeout: 300_000, rpId: 'example.com' },
      ...{ allowCredentials: [], userVerification: 'preferred' },
    },
  })
  passkey_options?: PasskeyRequestOptionsDto;
}

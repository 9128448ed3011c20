import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Optional } from '../../../http/input/optional.decorator.js';
import { IsUsername } from '../../../users/fields/account-fields.js';
import { FactorProofDto } from '../../factors/factor.dto.js';
import { PasswordText } from '../../passwords/policy/password-fields.js';

/** Input that a sign-in with a provider waits for. */
export type ProviderStep = { codeVerifier: string } | { password: string } | { username: string };

/** Input that continues a sign-in: a proof of a second factor, or the input that a sign-in with a provider waits for. */
export class ProviderStepDto extends FactorProofDto {
  @ApiPropertyOptional({
    example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    description: 'Verifier of the app that has begun to sign in with a provider (RFC 7636).',
  })
  @Optional()
  @Matches(/^[A-Za-z0-9._~-]{43,128}$/, {
    message: 'The verifier must have 43 to 128 of the characters A-Z a-z 0-9 - . _ ~.',
    context: { code: 'string_pattern_mismatch' },
  })
  code_verifier?: string;

  @ApiPropertyOptional({
    example: 'Analytical1',
    format: 'password',
    description: 'Password of the account that an identity is to be connected to.',
  })
  @Optional()
  @PasswordText()
  password?: string;

  @ApiPropertyOptional({ example: 'ada', description: 'Username of the new account.' })
  @Optional()
  @IsUsername()
  username?: string;

  /** Returns what continues a sign-in with a provider; `null` if it is not that. */
  protected toProviderStep(): ProviderStep | null {
    const { code_verifier, password, username } = this;
    if (code_verifier !== undefined) return { codeVerifier: code_verifier };
    if (password !== undefined) return { password };
    return username === undefined ? null : { username };
  }
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { Optional } from '../../../http/input/optional.decorator.js';
import { IsUsername } from '../../../users/fields/account-fields.js';
import { FactorProofDto } from '../../factors/factor.dto.js';
import { CodeVerifierField } from '../../providers/code-verifier-field.js';
import { PasswordText } from '../../passwords/policy/password-fields.js';

/** Input that a sign-in with a provider waits for. */
export type ProviderStep = { codeVerifier: string } | { password: string } | { username: string };

/** Input that continues a sign-in: a proof of a second factor, or the input that a sign-in with a provider waits for. */
export class ProviderStepDto extends FactorProofDto {
  @CodeVerifierField()
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

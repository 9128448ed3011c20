import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsString } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../../http/input/max-length.js';
import { FactorProofDto, RecoveryCodesDto } from '../../factors/factor.dto.js';
import { TokenDto } from '../../refresh/token.dto.js';
import { applyDecorators } from '@nestjs/common';

/** Field for a sign-in token. Accepts any string, so that a malformed token gets the same error as an expired one. */
const SignInTokenField = () =>
  applyDecorators(
    ApiProperty({
      example: 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo',
      description: 'The `sign_in_token` of the response to the sign-in.',
    }),
    MaxInputLength(MAX_TOKEN_LENGTH),
    IsString({ message: 'The sign-in token must be a string.' }),
  );

/** Sign-in token and exactly one code. */
@ApiSchema({ name: 'AstraContinueSignIn' })
export class ContinueSignInDto extends FactorProofDto {
  @SignInTokenField()
  sign_in_token: string;
}

/** Sign-in token and the type of the factor to add. */
@ApiSchema({ name: 'AstraEnrol' })
export class EnrolDto {
  @SignInTokenField()
  sign_in_token: string;

  @ApiProperty({ enum: ['totp'], example: 'totp' })
  @IsIn(['totp'], { message: 'The type must be: totp.' })
  type: 'totp';
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

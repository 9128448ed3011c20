import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsString } from 'class-validator';
import { MaxInputLength } from '../../../http/input/max-length.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import { MAX_LOGIN_LENGTH } from '../../../names/canonical.js';
import { TotpCodeField } from '../../factors/factor.dto.js';
import { PasswordText } from '../../passwords/policy/password-fields.js';

/** Username or email address and password, with the fields of OAuth2's password grant, which Swagger UI sends. */
@ApiSchema({ name: 'AstraCredentials' })
export class CredentialsDto {
  @ApiProperty({ example: 'ada', description: 'The username or email address. Not case-sensitive.' })
  @MaxInputLength(MAX_LOGIN_LENGTH)
  @IsString({ message: 'The username must be a string.' })
  username: string;

  @ApiProperty({ example: 'Analytical1', format: 'password' })
  @PasswordText()
  password: string;

  @ApiPropertyOptional({
    example: '123456',
    description: 'The code of your authenticator app, if your account needs one. Otherwise ignored.',
  })
  @Optional()
  @TotpCodeField()
  totp_code?: string;

  @ApiPropertyOptional({
    enum: ['password'],
    example: 'password',
    description: 'OAuth2 only (RFC 6749, 4.3.2).',
  })
  @Optional()
  @IsIn(['password'], { message: 'Only the grant type "password" is supported here.' })
  grant_type?: string;

  @ApiPropertyOptional({ example: '', description: 'For OAuth2 clients. Ignored.' })
  @Optional()
  @IsString({ message: 'The scope must be a string.' })
  scope?: string;

  @ApiPropertyOptional({ example: '', description: 'For OAuth2 clients. Ignored.' })
  @Optional()
  @IsString({ message: 'The client id must be a string.' })
  client_id?: string;

  @ApiPropertyOptional({ example: '', description: 'For OAuth2 clients. Ignored.' })
  @Optional()
  @IsString({ message: 'The client secret must be a string.' })
  client_secret?: string;
}

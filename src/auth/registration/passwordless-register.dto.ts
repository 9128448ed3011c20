import { ApiPropertyOptional, ApiSchema, OmitType } from '@nestjs/swagger';
import { Optional } from '../../http/input/optional.decorator.js';
import { PasswordText } from '../passwords/policy/password-fields.js';
import { RegisterDto } from './register.dto.js';

/** Registration of a new account where the password can be omitted. */
@ApiSchema({ name: 'AstraRegister' })
export class PasswordlessRegisterDto extends OmitType(RegisterDto, ['password']) {
  @ApiPropertyOptional({
    example: 'Analytical1',
    format: 'password',
    minLength: 8,
    maxLength: 128,
    description: 'Without it, the link in the message lets you add a passkey or a password.',
  })
  @Optional()
  @PasswordText()
  password?: string;
}

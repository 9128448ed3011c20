import { ApiSchema } from '@nestjs/swagger';
import { ApiEmail, IsEmailAddress } from '../../users/fields/account-fields.js';

/** Email address of the account whose password was forgotten. */
@ApiSchema({ name: 'AstraForgotPassword' })
export class ForgotPasswordDto {
  @ApiEmail()
  @IsEmailAddress({ isFromElsewhere: true })
  email: string;
}

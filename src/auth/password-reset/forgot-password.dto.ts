import { ApiEmail, IsEmailAddress } from '../../users/account-fields.js';

/** Whose password was forgotten. */
export class ForgotPasswordDto {
  @ApiEmail()
  @IsEmailAddress()
  email: string;
}

import { ApiEmail, IsEmailAddress } from '../../users/account-fields.js';

/** Which address is to be proven. */
export class RequestVerificationDto {
  @ApiEmail()
  @IsEmailAddress()
  email: string;
}

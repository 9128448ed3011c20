import { ApiSchema } from '@nestjs/swagger';
import { ApiEmail, IsEmailAddress } from '../../users/fields/account-fields.js';

/** Which address is to be proven. */
@ApiSchema({ name: 'AstraRequestVerification' })
export class RequestVerificationDto {
  @ApiEmail()
  @IsEmailAddress({ isFromElsewhere: true })
  email: string;
}

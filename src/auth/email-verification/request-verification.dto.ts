import { ApiSchema } from '@nestjs/swagger';
import { ApiEmail, IsEmailAddress } from '../../users/fields/account-fields.js';

/** Email address to verify. */
@ApiSchema({ name: 'AstraRequestVerification' })
export class RequestVerificationDto {
  @ApiEmail()
  @IsEmailAddress({ isFromElsewhere: true })
  email: string;
}

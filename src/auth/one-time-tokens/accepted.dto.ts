import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** Response that does not reveal whether an account exists. */
@ApiSchema({ name: 'AstraAccepted' })
export class AcceptedDto {
  @ApiProperty({ example: 'If there is an account with this email address, a message is on its way.' })
  detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

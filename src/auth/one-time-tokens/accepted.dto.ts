import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** What is answered where the answer must not tell whether there is such an account. */
@ApiSchema({ name: 'AstraAccepted' })
export class AcceptedDto {
  @ApiProperty({ example: 'If there is an account with this email address, a message is on its way.' })
  detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

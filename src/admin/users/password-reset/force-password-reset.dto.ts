import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** Confirmation that a request is being processed. */
@ApiSchema({ name: 'AstraUnderWay' })
export class UnderWayDto {
  @ApiProperty({
    example:
      'The password was disabled and all sessions were ended. An email with a link to set a new password is on its way.',
  })
  detail: string;
}

import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** Details by which the owner of an email address recognizes an account. */
@ApiSchema({ name: 'AstraRegistration' })
export class RegistrationDto {
  @ApiProperty({ example: 'ada' })
  username: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  registered_at: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'Firefox on Linux, 203.0.113.0/24',
    description:
      'The device and the network of the IP address that the account was registered from. `null` if unknown.',
  })
  registered_from: string | null;
}

import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';

/** Path parameter `id`. */
export class IdParam {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' })
  @IsUUID(undefined, { message: 'The id must be a UUID.' })
  id: string;
}

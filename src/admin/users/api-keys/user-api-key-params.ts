import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';
import { IdParam } from '../../../http/input/id-param.js';

/** Path parameters of an API key of a user. */
export class UserApiKeyParams extends IdParam {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-7a11-7d03-8e0a-5d0f7f3a9c42' })
  @IsUUID(undefined, { message: 'The id of the API key must be a UUID.' })
  key: string;
}

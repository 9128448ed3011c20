import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** Name of a provider in the path of a route. Any text is accepted: an unknown name is a 404. */
export class ProviderNameParam {
  @ApiProperty({ example: 'google', description: 'Name of the provider.' })
  @IsString({ message: 'The name must be a string.' })
  name: string;
}

import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../http/input/max-length.js';

/** Refresh token to exchange. */
@ApiSchema({ name: 'AstraRefresh' })
export class RefreshDto {
  @ApiProperty({ example: 'AQGZ86Rv…', description: 'The latest refresh token of the session.' })
  @MaxInputLength(MAX_TOKEN_LENGTH)
  @IsString({ message: 'The refresh token must be a string.' })
  refresh_token: string;
}

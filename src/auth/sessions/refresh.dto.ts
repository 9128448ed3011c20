import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** The token to exchange. */
export class RefreshDto {
  @ApiProperty({ example: 'AQGZ86Rv…', description: 'The newest refresh token of the session.' })
  @IsString({ message: 'A refresh token is text.' })
  refresh_token: string;
}

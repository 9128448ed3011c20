import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** The token to revoke. */
export class RevokeDto {
  @ApiProperty({ example: 'AQGZ86Rv…', description: 'A refresh token, of whichever generation.' })
  @IsString({ message: 'A token is text.' })
  token: string;
}

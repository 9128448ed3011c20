import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_TOKEN_LENGTH, MaxInputLength } from '../../http/input/max-length.js';

/** Refresh token or API key to revoke. */
@ApiSchema({ name: 'AstraRevoke' })
export class RevokeDto {
  @ApiProperty({
    example: 'AQGZ86Rv…',
    description: 'Any refresh token of the session, including an earlier one, or an API key.',
  })
  @MaxInputLength(MAX_TOKEN_LENGTH)
  @IsString({ message: 'The token must be a string.' })
  token: string;
}

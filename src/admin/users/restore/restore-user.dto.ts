import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { OptionalBody } from '../../../http/input/input.pipe.js';
import { Optional } from '../../../http/input/optional.decorator.js';
import { usernameSchema } from '../../../names/username.js';
import { IsEmailAddress, IsUsername } from '../../../users/fields/account-fields.js';

/** New names for a restored account, if its own were taken in the meantime. */
@ApiSchema({ name: 'AstraRestoreUser' })
@OptionalBody()
export class RestoreUserDto {
  @ApiPropertyOptional({
    ...usernameSchema,
    example: 'ada.lovelace',
    description: 'Default: its previous username.',
  })
  @Optional()
  @IsUsername()
  username?: string;

  @ApiPropertyOptional({
    example: 'ada.lovelace@example.com',
    format: 'email',
    maxLength: 254,
    description:
      'Default: its previous email address. A different one is unverified, and a link to verify it is sent there.',
  })
  @Optional()
  @IsEmailAddress()
  email?: string;
}

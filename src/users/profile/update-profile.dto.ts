import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { usernameSchema } from '../../names/username.js';
import { Optional } from '../../http/input/optional.decorator.js';
import { ApiFullName, type Complete, IsFullName, IsUsername, orNone } from '../fields/account-fields.js';
import type { ProfileChanges } from '../users.service.js';

/** Changes to the signed-in user's own account. */
@ApiSchema({ name: 'AstraUpdateProfile' })
export class UpdateProfileDto {
  @ApiPropertyOptional(usernameSchema)
  @Optional()
  @IsUsername()
  username?: string;

  @ApiFullName()
  @IsFullName()
  full_name?: string;

  /** Returns every field that an owner can change; `undefined` where the request omits it. A missing one does not compile. */
  toChanges(): Complete<ProfileChanges> {
    return { username: this.username, fullName: orNone(this.full_name) };
  }
}

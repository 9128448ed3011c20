import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** Proof that it is really the owner who deletes the account. */
export class DeleteAccountDto {
  @ApiProperty({ example: 'Analytical1', format: 'password' })
  @IsString({ message: 'A password is text.' })
  current_password: string;
}

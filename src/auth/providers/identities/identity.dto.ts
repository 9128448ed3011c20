import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { PageOf } from '../../../paging/page.dto.js';
import type { Identity } from './identity.entity.js';

/** Identity as shown to its owner, and to admins. */
@ApiSchema({ name: 'AstraIdentity' })
export class IdentityDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-8b2c-7e11-9f6a-2d4c8e1b7a90' })
  id: string;

  @ApiProperty({ example: 'google', description: 'Name of the provider, as in its routes.' })
  provider: string;

  @ApiProperty({
    example: '4821',
    description:
      "The last four characters of the user's id at the provider, to tell several identities apart.",
  })
  subject_hint: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'ada@example.com',
    description: 'Email address at the provider when the user last signed in with it.',
  })
  email: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  linked_at: string;

  @ApiProperty({ type: 'string', nullable: true, format: 'date-time', example: '2026-11-22T10:00:00.000Z' })
  last_used_at: string | null;

  /** Shows an identity. The subject identifies the user at the provider to other services, so it is cut. */
  static from({ id, provider, subject, email, createdAt, lastUsedAt }: Identity): IdentityDto {
    return {
      ...{ id, provider, subject_hint: subject.slice(-4), email },
      linked_at: createdAt.toISOString(),
      last_used_at: lastUsedAt?.toISOString() ?? null,
    };
  }
}

/** Identity with all data stored about it, for the export of its owner's account. */
@ApiSchema({ name: 'AstraExportedIdentity' })
export class ExportedIdentityDto extends IdentityDto {
  @ApiProperty({ format: 'uri', example: 'https://accounts.google.com' })
  issuer: string;

  @ApiProperty({ example: '110169484474386274821', description: 'Your id at the provider.' })
  subject: string;

  /** Shows an identity whole. */
  static of(identity: Identity): ExportedIdentityDto {
    const { issuer, subject } = identity;
    return Object.assign(IdentityDto.from(identity), { issuer, subject });
  }
}

/** Page of identities. */
@ApiSchema({ name: 'AstraIdentityPage' })
export class IdentityPageDto extends PageOf(IdentityDto) {}

/** Request to connect an identity. */
@ApiSchema({ name: 'AstraLinkIdentity' })
export class LinkIdentityDto {
  @ApiProperty({
    example: 'https://app.example.com/account',
    description: 'Allowed URL that the user is sent to at the end, with `linked` or `error` as a parameter.',
  })
  @IsString({ message: 'The URL must be a string.' })
  redirect_to: string;
}

/** URL of the provider. */
@ApiSchema({ name: 'AstraAuthorization' })
export class AuthorizationDto {
  @ApiProperty({
    format: 'uri',
    example: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=…',
    description: 'Send the user there, in the browser that has received the cookie of this response.',
  })
  authorization_url: string;

  @ApiProperty({
    type: 'integer',
    example: 600,
    description: 'Number of seconds in which the user has to return.',
  })
  expires_in: number;
}

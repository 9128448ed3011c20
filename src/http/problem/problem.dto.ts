import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

/** OpenAPI description of an invalid field. */
@ApiSchema({ name: 'AstraFieldError' })
export class FieldErrorDto {
  @ApiProperty({
    type: [String],
    example: ['body', 'password'],
    description: 'Location of the field, outermost part first.',
  })
  loc: string[];

  @ApiProperty({ example: 'password_too_short', description: 'Error code, for programs.' })
  code: string;

  @ApiProperty({
    example: 'The password must be at least 8 characters long.',
    description: 'Error message, for people.',
  })
  msg: string;
}

/** OpenAPI description of a problem document (RFC 9457). */
@ApiSchema({ name: 'AstraProblem' })
export class ProblemDto {
  @ApiProperty({
    format: 'uri-reference',
    example: '/problems/invalid-input',
    description: 'Identifies the problem type. Open it for an explanation.',
  })
  type: string;

  @ApiProperty({ example: 'Invalid input', description: 'Short name of the problem type.' })
  title: string;

  @ApiProperty({ type: 'integer', example: 422, description: 'The HTTP status.' })
  status: number;

  @ApiProperty({
    example: 'Invalid username: this field is required.',
    description: 'Explanation of this occurrence, in one sentence.',
  })
  detail: string;

  @ApiProperty({
    format: 'uri-reference',
    example: '/api/v1/auth/register',
    description: 'The requested path.',
  })
  instance: string;

  @ApiProperty({
    example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
    description: 'The id under which the request is logged.',
  })
  request_id: string;

  @ApiPropertyOptional({ type: [FieldErrorDto], description: 'The invalid fields. Only with status 422.' })
  errors?: FieldErrorDto[];

  @ApiPropertyOptional({
    example: 'vUZ1dUBQ0v5kQ2Y0dF6mE7gk4b3cJm8C9jY5JQvWlXo',
    description: 'Continues the sign-in. Secret. Only if a second factor is needed.',
  })
  sign_in_token?: string;

  @ApiPropertyOptional({
    type: 'integer',
    example: 600,
    description: 'Lifetime of `sign_in_token` in seconds.',
  })
  expires_in?: number;

  @ApiPropertyOptional({
    type: [String],
    example: ['totp'],
    description: 'The second factors that you can use.',
  })
  factors?: string[];

  @ApiPropertyOptional({
    type: [String],
    example: ['username'],
    description: 'What a new account still needs. Only if registration is required.',
  })
  needs?: string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { challenge: '2Yq1l0VnX9eZ4mQyaNnJ5mRfHk0T3cJm8C9jY5JQvWk', rpId: 'example.com' },
    description: 'Options of WebAuthn. Only if one of the factors is a passkey.',
  })
  passkey_options?: object;

  @ApiPropertyOptional({
    type: [String],
    example: ['totp', 'passkey'],
    description: 'The second factors that you can add.',
  })
  enrol?: string[];
}

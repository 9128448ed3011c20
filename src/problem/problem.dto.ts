import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

/** One refused field, as the OpenAPI document describes it. */
@ApiSchema({ name: 'AstraFieldError' })
export class FieldErrorDto {
  @ApiProperty({
    type: [String],
    example: ['body', 'password'],
    description: 'Where it is, outermost first.',
  })
  loc: string[];

  @ApiProperty({ example: 'password_too_short', description: 'What is wrong, for programs.' })
  code: string;

  @ApiProperty({
    example: 'The password must be at least 8 characters long.',
    description: 'What is wrong, for people.',
  })
  msg: string;
}

/** A problem document (RFC 9457), as the OpenAPI document describes it. */
@ApiSchema({ name: 'AstraProblem' })
export class ProblemDto {
  @ApiProperty({
    format: 'uri-reference',
    example: '/problems/invalid-input',
    description: 'The kind of problem; open it to read more.',
  })
  type: string;

  @ApiProperty({ example: 'Invalid input', description: 'The kind of problem in a few words.' })
  title: string;

  @ApiProperty({ type: 'integer', example: 422, description: 'The HTTP status.' })
  status: number;

  @ApiProperty({
    example: 'Invalid username: this field is required.',
    description: 'What happened, in one sentence for people.',
  })
  detail: string;

  @ApiProperty({
    format: 'uri-reference',
    example: '/api/v1/auth/register',
    description: 'The path that was asked for.',
  })
  instance: string;

  @ApiProperty({
    example: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
    description: 'The id under which the request is logged.',
  })
  request_id: string;

  @ApiPropertyOptional({ type: [FieldErrorDto], description: 'The refused fields; only with status 422.' })
  errors?: FieldErrorDto[];
}

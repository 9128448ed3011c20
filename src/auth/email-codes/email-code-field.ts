import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Optional } from '../../http/input/optional.decorator.js';
import { WithoutBlanks } from '../../http/input/without-blanks.decorator.js';

/** Optional field for a code from an email. */
export const EmailCodeField = () =>
  applyDecorators(
    ApiPropertyOptional({ example: '12345678', description: 'The code from the email. Blanks are ignored.' }),
    Optional(),
    WithoutBlanks(),
    Matches(/^[0-9]{8}$/, { message: 'The code must have 8 digits.', context: { code: 'code_format' } }),
  );

import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Optional } from '../../http/input/optional.decorator.js';

/** Optional field for the verifier of an app that has begun to sign in with a provider. */
export const CodeVerifierField = () =>
  applyDecorators(
    ApiPropertyOptional({
      example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      description: 'Verifier of the app that has begun to sign in with a provider (RFC 7636).',
    }),
    Optional(),
    Matches(/^[A-Za-z0-9._~-]{43,128}$/, {
      message: 'The verifier must have 43 to 128 of the characters A-Z a-z 0-9 - . _ ~.',
      context: { code: 'string_pattern_mismatch' },
    }),
  );

import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { MaxInputLength } from '../../../../http/input/max-length.js';

/** Maximum length of one member of a response in UTF-16 units; the body as a whole is limited, too. */
const MAX_MEMBER_LENGTH = 12_000;

/** Options of a {@link PasskeyField}. */
interface PasskeyFieldOptions {
  description: string;
  /** Required members of `response`. */
  members: readonly string[];
  /** Default `false`. */
  isOptional?: boolean;
}

/**
 * Field for the response of an authenticator, as JSON of the browser. Members that are not used are not checked.
 *
 * @param read - Returns `null` if the response is malformed.
 */
export function PasskeyField(
  read: (value: unknown) => object | null,
  { description, members, isOptional = false }: PasskeyFieldOptions,
): PropertyDecorator {
  const text = { type: 'string', description: 'base64url without padding' } as const;
  return applyDecorators(
    ApiProperty({
      type: 'object',
      selfRequired: !isOptional,
      description,
      required: ['id', 'rawId', 'type', 'response'],
      additionalProperties: true,
      example: {
        id: 'pQ5pK0jXbGdlyT1SrfR1hA',
        rawId: 'pQ5pK0jXbGdlyT1SrfR1hA',
        type: 'public-key',
        response: Object.fromEntries(members.map((name) => [name, 'AAECAwQFBgc'])),
        clientExtensionResults: {},
      },
      properties: {
        id: text,
        rawId: text,
        type: { type: 'string', enum: ['public-key'] },
        response: {
          type: 'object',
          required: [...members],
          additionalProperties: true,
          properties: Object.fromEntries(members.map((name) => [name, text])),
        },
        clientExtensionResults: { type: 'object', additionalProperties: true },
      },
    }),
    MaxInputLength(MAX_MEMBER_LENGTH),
    ValidateBy(
      { name: 'isPasskey', validator: { validate: (value: unknown) => read(value) !== null } },
      { message: passkeyInvalid.msg, context: { code: passkeyInvalid.code } },
    ),
  );
}

/** Error for a response that is malformed or, at a registration, not accepted. */
export const passkeyInvalid = {
  code: 'passkey_invalid',
  msg: 'This passkey was not accepted. Please try again.',
};

import { applyDecorators, Body, Param, Query } from '@nestjs/common';
import { ApiBody, ApiParam, ApiQuery, DECORATORS } from '@nestjs/swagger';
import { inputArguments, type InputKind, parameterTypes } from '../nest/nest-internals.js';
import { InputPipe, isOptionalBody } from './input.pipe.js';

type Dto = new () => object;

/** Decorators of each kind of input, for Nest and for the OpenAPI document. */
const inputs: Record<InputKind, { take: typeof Body; describe: (dto: Dto) => MethodDecorator }> = {
  body: { take: Body, describe: (type) => ApiBody({ type, required: !isOptionalBody(type) }) },
  query: { take: Query, describe: fieldsAs(ApiQuery) },
  param: { take: Param, describe: fieldsAs(ApiParam) },
};

/**
 * Validates each `@Body()`, `@Query()` and `@Param()` of a controller with {@link InputPipe} only.
 *
 * A host's global pipes run before those of a controller. A global ValidationPipe would apply the host's rules and
 * messages, but it ignores parameters without a class. So the DTO is removed from the metadata that all pipes see, and
 * passed to Astra's pipe and to the OpenAPI document, which would read the same metadata.
 */
export function CheckInput(): ClassDecorator {
  return (controller) => {
    const prototype = controller.prototype as object;
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      const types = parameterTypes(prototype, key) as Dto[] | undefined;
      if (!types) continue;

      for (const { kind, index, field } of inputArguments(controller, key)) {
        if (field) throw new TypeError(`${controller.name}.${key} must take the whole input as a DTO`);

        const dto = types[index];
        types[index] = Object as Dto;
        inputs[kind].take(new InputPipe(dto))(prototype, key, index);
        inputs[kind].describe(dto)(prototype, key, descriptor);
      }
    }
  };
}

/** Documents each field of a DTO as a parameter of its own. */
function fieldsAs(describe: typeof ApiQuery | typeof ApiParam) {
  return (dto: Dto): MethodDecorator => {
    const prototype = dto.prototype as object;
    const fields = (Reflect.getMetadata(DECORATORS.API_MODEL_PROPERTIES_ARRAY, prototype) ?? []) as string[];
    return applyDecorators(
      ...fields
        // Swagger stores them with a leading colon.
        .map((field) => field.slice(1))
        .map((name) => {
          const field = Reflect.getMetadata(DECORATORS.API_MODEL_PROPERTIES, prototype, name) as object;
          return describe({ ...field, name });
        }),
    );
  };
}

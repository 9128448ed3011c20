import { applyDecorators, Body, Param, Query } from '@nestjs/common';
import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiBody, ApiParam, ApiQuery, DECORATORS } from '@nestjs/swagger';
import { InputPipe, isOptionalBody } from './input.pipe.js';

type Dto = new () => object;

/** Nest's metadata of a handler's parameter, under `<kind>:<index>`. */
interface RouteArgument {
  index: number;
  /** Name of the requested field; `undefined` for all of them. */
  data?: string;
}

/** Kinds of input, each with its decorators for Nest and for the OpenAPI document. */
const inputs = [
  {
    kind: RouteParamtypes.BODY,
    take: Body,
    describe: (type: Dto) => ApiBody({ type, required: !isOptionalBody(type) }),
  },
  { kind: RouteParamtypes.QUERY, take: Query, describe: fieldsAs(ApiQuery) },
  { kind: RouteParamtypes.PARAM, take: Param, describe: fieldsAs(ApiParam) },
];

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
      const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) as
        Record<string, RouteArgument> | undefined;
      const types = Reflect.getMetadata(PARAMTYPES_METADATA, prototype, key) as Dto[] | undefined;

      for (const [name, { index, data }] of Object.entries(args ?? {})) {
        const input = inputs.find(({ kind }) => name === `${kind}:${index}`);
        if (!input || !types) continue;
        if (data) throw new TypeError(`${controller.name}.${key} must take all of its input, as a DTO`);

        const dto = types[index];
        types[index] = Object as Dto;
        input.take(new InputPipe(dto))(prototype, key, index);
        input.describe(dto)(prototype, key, descriptor);
      }
    }
  };
}

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

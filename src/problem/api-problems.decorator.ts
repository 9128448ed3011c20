import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, DECORATORS, getSchemaPath } from '@nestjs/swagger';
import type { Problem } from './problem.js';
import { problemTypes } from './problem-types.js';
import { ProblemDto } from './problem.dto.js';

interface ResponseMetadata {
  content?: { 'application/problem+json'?: { examples?: Record<string, object> } };
}

/**
 * Documents the problems that a route answers with, each with an example. Several of one status share a response.
 *
 * @param problems - One instance of each error class that the route's service throws.
 */
export function ApiProblems(...problems: Problem[]): MethodDecorator {
  return applyDecorators(ApiExtraModels(ProblemDto), ...problems.map(ApiProblem));
}

function ApiProblem(problem: Problem): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const known: Record<string, ResponseMetadata> =
      Reflect.getMetadata(DECORATORS.API_RESPONSE, descriptor.value) ?? {};
    const examples = {
      ...known[problem.getStatus()]?.content?.['application/problem+json']?.examples,
      [problem.code]: {
        summary: problemTypes[problem.code].title,
        value: problem.toDocument('/api/v1/…', '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11'),
      },
    };
    ApiResponse({
      status: problem.getStatus(),
      description: problemTypes[problem.code].title,
      content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) }, examples } },
    })(target, key, descriptor);
  };
}

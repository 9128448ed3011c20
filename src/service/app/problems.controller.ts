import { Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags, ApiSchema } from '@nestjs/swagger';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import { NotFoundError } from '../../http/problem/problem.js';
import { problemTypes } from '../../http/problem/problem-types.js';
import { ServiceController } from './service-controller.decorator.js';

/** Problem type with its explanation. */
@ApiSchema({ name: 'AstraProblemType' })
export class ProblemTypeDto {
  @ApiProperty({ format: 'uri-reference', example: '/problems/username-taken' })
  type: string;

  @ApiProperty({ example: problemTypes['username-taken'].title })
  title: string;

  @ApiProperty({ example: problemTypes['username-taken'].meaning })
  meaning: string;
}

/** Explains problem types, so that the `type` of a problem document can be opened as a URL. */
@ApiTags('Service')
@ServiceController('problems')
export class ProblemsController {
  @Get(':code')
  @ApiOperation({
    operationId: 'problems_explain',
    summary: 'Explain a problem type',
    description: 'The `type` of every problem document is a URL of this route.',
  })
  @ApiParam({ name: 'code', enum: Object.keys(problemTypes), example: 'username-taken' })
  @ApiOkResponse({ type: ProblemTypeDto, description: 'The problem type and its meaning' })
  @ApiProblems(new NotFoundError('Unknown problem type.'))
  explain(@Param('code') code: string): ProblemTypeDto {
    if (!Object.hasOwn(problemTypes, code)) throw new NotFoundError('Unknown problem type.');
    return { type: `/problems/${code}`, ...problemTypes[code as keyof typeof problemTypes] };
  }
}

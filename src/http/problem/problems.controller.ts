import { Controller, Get, Param, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags, ApiSchema } from '@nestjs/swagger';
import { ApiProblems } from './api-problems.decorator.js';
import { InputGuard } from '../input/input.guard.js';
import { NotFoundError } from './problem.js';
import { problemTypes } from './problem-types.js';
import { ProblemFilter } from './problem.filter.js';

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
@UseFilters(ProblemFilter)
@UseGuards(InputGuard)
@Controller('problems')
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

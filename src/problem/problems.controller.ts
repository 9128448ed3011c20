import { Controller, Get, Param, UseFilters, UseInterceptors } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { InputInterceptor } from './input.interceptor.js';
import { NotFoundError } from './problem.js';
import { problemTypes } from './problem-types.js';
import { ProblemFilter } from './problem.filter.js';

/** Says in words what a problem's `type` means, so that the address in a problem document can be opened. */
@ApiExcludeController()
@UseFilters(ProblemFilter)
@UseInterceptors(InputInterceptor)
@Controller('problems')
export class ProblemsController {
  @Get(':code')
  explain(@Param('code') code: string) {
    if (!Object.hasOwn(problemTypes, code)) throw new NotFoundError('There is no problem type of this name.');
    return { type: `/problems/${code}`, ...problemTypes[code as keyof typeof problemTypes] };
  }
}

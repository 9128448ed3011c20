import { applyDecorators, Controller, UseFilters, UseGuards } from '@nestjs/common';
import { InputGuard } from '../../http/input/input.guard.js';
import { ProblemFilter } from '../../http/problem/problem.filter.js';

/**
 * Marks a controller about the stand-alone service itself: input is validated and errors are problem documents, as with
 * `@AstraController()`, but its routes are public and not counted. Probes must get through while clients are limited, and
 * a client that was limited may look up why.
 */
export function ServiceController(path = ''): ClassDecorator {
  return applyDecorators(Controller(path), UseGuards(InputGuard), UseFilters(ProblemFilter));
}

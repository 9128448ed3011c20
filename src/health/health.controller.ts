import { Controller, Get, HttpCode, HttpStatus, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags, ApiSchema } from '@nestjs/swagger';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ApiProblems } from '../problem/api-problems.decorator.js';
import { InputGuard } from '../problem/input.guard.js';
import { OverloadedError, UnavailableError } from '../problem/problem.js';
import { ProblemFilter } from '../problem/problem.filter.js';
import { dispensable, type Dispensable, HealthService } from './health.service.js';

/** How the service is. */
@ApiSchema({ name: 'AstraHealth' })
export class HealthDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status: 'ok';
}

/** How the service is, with what it works without at the moment. */
@ApiSchema({ name: 'AstraReadiness' })
export class ReadinessDto extends HealthDto {
  @ApiPropertyOptional({
    enum: dispensable,
    isArray: true,
    description:
      'What is away or wrong. Without Redis each process counts for the rate limits by itself; mail waits; the jobs of a worker that does not run are left to other instances; a clock that is far off makes instances refuse the tokens of each other.',
    example: ['mail'],
  })
  degraded?: Dispensable[];
}

/** For whoever runs the service: is it alive, and may it be sent requests? */
@ApiTags('Service')
@UseFilters(ProblemFilter)
@UseGuards(InputGuard)
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ operationId: 'health_live', summary: 'Tell whether the process runs' })
  @ApiOkResponse({ type: HealthDto, description: 'It runs' })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'health_ready',
    summary: 'Tell whether requests can be served',
    description:
      'Not while the database is away or read-only, not while overload has all requests refused or the clock is more than 30 seconds off that of the database, and not from the moment of shutting down. What is away or wrong otherwise is named.',
  })
  @ApiOkResponse({ type: ReadinessDto, description: 'Send requests' })
  @ApiProblems(new UnavailableError(), new OverloadedError())
  async ready(): Promise<ReadinessDto> {
    await this.health.assertReady();
    const degraded = this.health.degraded();
    return { status: 'ok', ...(degraded.length > 0 && { degraded }) };
  }
}

import { Get, HttpCode, HttpStatus } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags, ApiSchema } from '@nestjs/swagger';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem/api-problems.decorator.js';
import { OverloadedError, UnavailableError } from '../http/problem/problem.js';
import { ServiceController } from '../service/app/service-controller.decorator.js';
import { degradableParts, type DegradablePart, HealthService } from './health.service.js';

/** Health of the service. */
@ApiSchema({ name: 'AstraHealth' })
export class HealthDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status: 'ok';
}

/** Readiness of the service, with the components that do not work. */
@ApiSchema({ name: 'AstraReadiness' })
export class ReadinessDto extends HealthDto {
  @ApiPropertyOptional({
    enum: degradableParts,
    isArray: true,
    description:
      'The components that do not work. Without Redis, each process counts rate limits on its own. Without mail, messages wait in the queue. If the worker is not running, other instances run its jobs. If the clock is off, instances may reject each other’s tokens.',
    example: ['mail'],
  })
  degraded?: DegradablePart[];
}

/** Liveness and readiness checks for operators and load balancers. */
@ApiTags('Service')
@ServiceController('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ operationId: 'health_live', summary: 'Check whether the process is running' })
  @ApiOkResponse({ type: HealthDto, description: 'The process is running' })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'health_ready',
    summary: 'Check whether the service is ready for requests',
    description:
      'Not ready while the database is unavailable or read-only, while all requests are refused because of overload, while the clock differs from that of the database by more than 30 seconds, and during shutdown. Other components that do not work are listed in `degraded`.',
  })
  @ApiOkResponse({ type: ReadinessDto, description: 'The service is ready for requests' })
  @ApiProblems(new UnavailableError(), new OverloadedError())
  async ready(): Promise<ReadinessDto> {
    await this.health.assertReady();
    const degraded = this.health.degraded();
    return { status: 'ok', ...(degraded.length > 0 && { degraded }) };
  }
}

import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags, ApiSchema } from '@nestjs/swagger';
import { AuthSettings } from '../../settings/auth-settings.js';
import { basePathOf } from '../../settings/base-path.js';
import { ServiceController } from './service-controller.decorator.js';
import { name, version } from '../../version.js';

/** Name and version of the service. */
@ApiSchema({ name: 'AstraService' })
export class ServiceDto {
  @ApiProperty({ example: name })
  name: string;

  @ApiProperty({ example: version })
  version: string;

  @ApiProperty({ example: '/docs' })
  docs: string;

  @ApiProperty({ example: '/openapi.json' })
  openapi: string;
}

/** Root route of the service. */
@ApiTags('Service')
@ServiceController()
export class AppController {
  private readonly basePath: string;

  constructor(settings: AuthSettings) {
    this.basePath = basePathOf(settings);
  }

  @Get()
  @ApiOperation({ operationId: 'app_show', summary: 'Show the name and version of the service' })
  @ApiOkResponse({ type: ServiceDto, description: 'Name, version and documentation paths' })
  show(): ServiceDto {
    return { name, version, docs: `${this.basePath}/docs`, openapi: `${this.basePath}/openapi.json` };
  }
}

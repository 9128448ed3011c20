import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { InputInterceptor } from './problem/input.interceptor.js';
import { name, version } from './version.js';

/** What this service is. */
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

/** The root of the service. */
@ApiTags('Service')
@UseInterceptors(InputInterceptor)
@Controller()
export class AppController {
  @Get()
  @ApiOperation({ summary: 'Tell what this service is' })
  @ApiOkResponse({ type: ServiceDto, description: 'Its name and version, and where its documentation is' })
  show(): ServiceDto {
    return { name, version, docs: '/docs', openapi: '/openapi.json' };
  }
}

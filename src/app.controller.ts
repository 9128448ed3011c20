import { Controller, Get, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { InputGuard } from './problem/input.guard.js';
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
@UseGuards(InputGuard)
@Controller()
export class AppController {
  @Get()
  @ApiOperation({ summary: 'Tell what this service is' })
  @ApiOkResponse({ type: ServiceDto, description: 'Its name and version, and where its documentation is' })
  show(): ServiceDto {
    return { name, version, docs: '/docs', openapi: '/openapi.json' };
  }
}

import { Body, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiProperty } from '@nestjs/swagger';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IsString } from 'class-validator';
import { AstraController } from '../src/access/astra-controller.decorator.js';
import { Public } from '../src/access/public.decorator.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { AstraModule } from '../src/index.js';
import { RateLimit } from '../src/rate-limit/rate-limit.decorator.js';
import { TestDatabase } from './support/test-database.js';
import { SECRET_KEY } from './support/test-service.js';

/** A client that nobody was before. */
let clients = 0;
const newClient = () => `192.0.2.${++clients}`;

describe('a route with @RateLimit()', () => {
  class TryDto {
    @ApiProperty({ example: 'ada@example.com' })
    @IsString()
    email: string;
  }

  @AstraController('tries')
  class TriesController {
    @Post('forgot')
    @Public()
    @HttpCode(202)
    @RateLimit('forgot', 'forgot-address')
    forgot(@Body() body: TryDto): TryDto {
      return body;
    }

    @Post('resend')
    @Public()
    @HttpCode(202)
    @RateLimit('resend-address')
    resend(@Body() body: TryDto): TryDto {
      return body;
    }

    @Post('reset')
    @Public()
    @HttpCode(202)
    @RateLimit('reset')
    reset(@Body() body: TryDto): TryDto {
      return body;
    }

    @Post('verify')
    @Public()
    @HttpCode(202)
    @RateLimit('verify')
    verify(@Body() body: TryDto): TryDto {
      return body;
    }
  }

  let database: TestDatabase;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    database = await TestDatabase.create();
    @Module({
      imports: [
        TypeOrmModule.forRoot(dataSourceOptions(database.connection)),
        AstraModule.forRoot({ secretKey: SECRET_KEY }),
      ],
      controllers: [TriesController],
    })
    class HostModule {}
    app = await NestFactory.create<NestFastifyApplication>(
      HostModule,
      new FastifyAdapter({ trustProxy: '127.0.0.1' }),
      { logger: ['error'], abortOnError: false },
    );
    await app.listen(0, '127.0.0.1');
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const attempt = async (name: string, ip: string, email: unknown) =>
    fetch(`${await app.getUrl()}/tries/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
      body: JSON.stringify({ email }),
    });

  it.each([
    ['forgot', 20, 3600],
    ['reset', 20, 60],
    ['verify', 20, 60],
  ])('%s counts tries of a client address', async (name, limit, window) => {
    const ip = newClient();
    for (let i = 0; i < limit; i++)
      expect((await attempt(name, ip, `${name}${i}@example.com`)).status).toBe(202);
    const refused = await attempt(name, ip, 'last@example.com');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe(`"${name}";q=${limit};w=${window}`);
    expect((await attempt(name, newClient(), 'last@example.com')).status).toBe(202);
  });

  it.each([
    ['forgot', 'forgot-address', 3, 3600],
    ['resend', 'resend-address', 5, 86_400],
  ])('%s counts tries for one email address, in whatever case', async (route, name, limit, window) => {
    for (let i = 0; i < limit; i++) {
      const email = i % 2 ? 'Grace@Example.com' : 'grace@example.com';
      const allowed = await attempt(route, newClient(), email);
      expect(allowed.status).toBe(202);
      expect(allowed.headers.get('ratelimit')).toContain(`"${name}";r=${limit - 1 - i};`);
    }
    const refused = await attempt(route, newClient(), 'GRACE@example.com');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe(`"${name}";q=${limit};w=${window}`);
    expect((await attempt(route, newClient(), 'ada@example.com')).status).toBe(202);
    expect((await attempt(route, newClient(), ['grace@example.com'])).status).toBe(422);
  });
});

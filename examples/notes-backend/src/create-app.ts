import { type NestApplicationOptions, ValidationPipe, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { addAstraSecurity } from 'nestjs-astra';
import { AppModule, type Settings } from './app.module.js';

/** Creates the backend, ready to listen: `/api/v2`, with its documentation at `/docs`. */
export async function createApp(
  settings: Settings,
  options: NestApplicationOptions = {},
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings),
    new FastifyAdapter(),
    { ...options, abortOnError: false },
  );
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));

  const builder = new DocumentBuilder().setTitle('Notes').setVersion('2');
  addAstraSecurity(builder, { tokenUrl: '/api/v2/auth/login' });
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, builder.build()));
  return app;
}

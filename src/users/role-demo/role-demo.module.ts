import { Module } from '@nestjs/common';
import { RoleDemoController } from './role-demo.controller.js';

/** Two routes that show how roles work. */
@Module({ controllers: [RoleDemoController] })
export class RoleDemoModule {}

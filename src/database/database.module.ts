import { Module } from '@nestjs/common';
import { Changes } from './changes.js';

/** What Astra needs of the database beyond its tables. It works on the DataSource that the application has. */
@Module({ providers: [Changes], exports: [Changes] })
export class DatabaseModule {}

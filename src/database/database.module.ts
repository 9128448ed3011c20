import { Module } from '@nestjs/common';
import { AfterCommit } from './after-commit.js';
import { Changes } from './changes.js';

/** What Astra needs of the database beyond its tables. It works on the DataSource that the application has. */
@Module({ providers: [AfterCommit, Changes], exports: [AfterCommit, Changes] })
export class DatabaseModule {}

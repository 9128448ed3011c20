import { astraEntities, astraMigrations } from 'nestjs-astra';
import type { DataSourceOptions } from 'typeorm';
import { CreateNotes1796000000000 } from './notes/1796000000000-create-notes.js';
import { Note } from './notes/note.entity.js';

/** All tables, with one history of migrations: Astra's and the application's. */
export const dataSource = {
  type: 'postgres',
  entities: [...astraEntities, Note],
  migrations: [...astraMigrations, CreateNotes1796000000000],
  migrationsRun: true,
  migrationsTransactionMode: 'each',
  installExtensions: false,
} satisfies DataSourceOptions;

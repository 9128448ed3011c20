import { astraEntities, astraMigrations } from 'nestjs-astra';
import { CreateNotes1796000000000 } from './notes/1796000000000-create-notes.js';
import { Note } from './notes/note.entity.js';

/** All tables, and one history of them: Astra's and our own. */
export const entities = [...astraEntities, Note];
export const migrations = [...astraMigrations, CreateNotes1796000000000];

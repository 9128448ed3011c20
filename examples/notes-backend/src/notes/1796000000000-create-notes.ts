import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotes1796000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE notes (
        id uuid CONSTRAINT notes_pkey PRIMARY KEY,
        owner_id uuid NOT NULL CONSTRAINT notes_owner_id_fkey REFERENCES auth_users (id) ON DELETE CASCADE,
        text varchar(1000) NOT NULL,
        is_hidden boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await db.query('CREATE INDEX notes_owner_id_idx ON notes (owner_id, created_at)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE notes');
  }
}

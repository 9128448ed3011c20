import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { astraDataSource } from '../src/index.js';
import { TestDatabase } from './support/test-database.js';

@Entity()
class Parcel {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('text')
  label: string;
}

it('a host adds entities to the lists of astraDataSource, and needs no extension for their generated ids', async () => {
  const database = await TestDatabase.create();
  const options = astraDataSource(database.connection);
  const db = new DataSource({ ...options, entities: [...options.entities, Parcel] });
  try {
    await db.initialize();
    // As `migration:generate` writes them.
    const { upQueries } = await db.driver.createSchemaBuilder().log();
    expect(upQueries).toHaveLength(1);
    for (const { query } of upQueries) await db.query(query);
    const { id } = await db.getRepository(Parcel).save({ label: 'books' });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await db.query(`SELECT 1 FROM pg_extension WHERE extname = 'uuid-ossp'`)).toEqual([]);
  } finally {
    if (db.isInitialized) await db.destroy();
    await database.drop();
  }
});

import { type Connection, connectionUrl, TestDatabase } from '../../support/test-database.js';

/** Passlib's hash of the password `Test1234`. */
export const TEST1234 =
  '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro';
/** Passlib's hash of the password `pässwörd`. */
export const UMLAUTS =
  '$pbkdf2-sha256$1000$..................../w$XvmsLG4HvHOcRzLDUXOFEhKCw4/4UKoMV8vrpfddu20';

/** Somebody in the original's database. */
export interface FastApiPerson {
  username: string;
  email: string;
  role: string;
  hashed_password: string;
  is_active: boolean;
}

/** Somebody as the original keeps most people; what is given is different. */
export function person(username: string, others: Partial<FastApiPerson> = {}): FastApiPerson {
  const email = `${username}@example.com`;
  return { username, email, role: 'user', hashed_password: TEST1234, is_active: true, ...others };
}

const enumType = `CREATE TYPE userrole AS ENUM ('USER', 'MODERATOR', 'ADMIN');`;

/** Makes a database as the FastAPI service has it, after its two migrations. People get the ids 1, 2, … */
export async function createFastApiDatabase(
  people: readonly FastApiPerson[],
  { roles = 'varchar' }: { roles?: 'varchar' | 'userrole' } = {},
): Promise<TestDatabase> {
  const database = await TestDatabase.create('template0');
  await database.query(`
    ${roles === 'userrole' ? enumType : ''}
    CREATE TABLE auth_users (
      id serial PRIMARY KEY,
      username varchar(50) NOT NULL UNIQUE,
      email varchar(255) NOT NULL UNIQUE,
      role ${roles} NOT NULL,
      hashed_password varchar NOT NULL,
      is_active boolean NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await addPeople(database, people);
  return database;
}

/** Adds people to the original's database, as it registers them. */
export async function addPeople(database: TestDatabase, people: readonly FastApiPerson[]): Promise<void> {
  await database.query(
    `INSERT INTO auth_users (username, email, role, hashed_password, is_active, created_at, updated_at)
     SELECT username, email, role, hashed_password, is_active,
            timestamptz '2024-03-01 12:00:00.123456+00', timestamptz '2024-05-01 12:00:00+00'
       FROM json_populate_recordset(NULL::auth_users, $1)`,
    [JSON.stringify(people)],
  );
}

/** As people write it behind `--from`. */
export function urlOf(connection: Connection): string {
  return connectionUrl(connection).replace('postgres:', 'postgresql:');
}

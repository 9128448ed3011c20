import type { DataSource } from 'typeorm';

/** Reason why a role cannot create the tables, and a fix. */
export interface Obstacle {
  says: string;
  next: string;
}

/** Checks, before anything is changed, whether the connected role can create Astra's tables. */
export async function findObstacle(db: DataSource): Promise<Obstacle | undefined> {
  const [facts]: {
    me: string;
    database: string;
    encoding: string;
    path: string;
    schema: string | null;
    mayCreateTables: boolean | null;
    mayCreateSchemas: boolean;
    hasJobs: boolean;
  }[] = await db.query(
    `SELECT quote_ident(current_user) AS me, quote_ident(current_database()) AS database,
            current_setting('server_encoding') AS encoding, current_setting('search_path') AS path,
            quote_ident(current_schema()) AS schema,
            has_schema_privilege(current_schema(), 'CREATE') AS "mayCreateTables",
            has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchemas",
            to_regnamespace('astra_jobs') IS NOT NULL AS "hasJobs"`,
  );
  const { me, database, schema } = facts;
  const asOwner = `As the owner of the database or a superuser, connected to ${database}: `;
  if (schema === null)
    return {
      says: `no schema of search_path (${facts.path}) exists and can be used`,
      next: `${asOwner}CREATE SCHEMA astra AUTHORIZATION ${me}; ALTER ROLE ${me} IN DATABASE ${database} SET search_path = astra, public;`,
    };
  if (!facts.mayCreateTables)
    return {
      says: `${me} may not create tables in the schema ${schema}`,
      next: `${asOwner}GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${me}; GRANT CREATE ON DATABASE ${database} TO ${me};`,
    };
  if (!facts.mayCreateSchemas && !facts.hasJobs)
    return {
      says: `${me} may not create a schema (for the queue) in the database ${database}`,
      next: `${asOwner}GRANT CREATE ON DATABASE ${database} TO ${me};`,
    };
  if (facts.encoding !== 'UTF8')
    return {
      says: `the encoding of the database is ${facts.encoding}, in which most names cannot be stored`,
      next: `Use another database: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    };
  return undefined;
}

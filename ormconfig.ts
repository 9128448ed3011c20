// DataSource for TypeORM's command line: npm run migration:generate|run|revert.
import { loadEnvironment } from './src/env.js';
import { openAsOwner } from './src/service/open-database.js';

const { db, close } = await openAsOwner(loadEnvironment(), console.error);
await db.destroy();
// The command line connects and destroys the DataSource itself; the embedded server must stop afterwards.
const destroy = db.destroy.bind(db);
db.destroy = async () => {
  await destroy();
  await close();
};

export default db;

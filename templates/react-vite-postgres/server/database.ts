import pg from "pg";

/** What a person reads when there is no database; with the status that tells it. */
export class NoDatabase extends Error {
  status = 503;
}

// One pool for the whole process: this file is loaded again when it changes.
const kept = globalThis as { pool?: pg.Pool };

function pool(): pg.Pool {
  const url = process.env.DATABASE_URL;
  if (!url) throw new NoDatabase(process.env.DATABASE_ERROR ?? "There is no database: DATABASE_URL is not set.");
  if (!kept.pool) {
    kept.pool = new pg.Pool({ connectionString: url, max: 5 });
    // A connection that ends while nobody uses it: the database was put to sleep or got another version's data.
    kept.pool.on("error", () => {});
  }
  return kept.pool;
}

/** The rows of one statement; values stand in it as $1, $2, … */
export async function query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await pool().query<Row>(sql, values)).rows;
}

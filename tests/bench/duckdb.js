// duckdb.js FILE THREADS: the question of 20-rivals.sh asked of DuckDB, with column types given, which is its fastest way.
const { DuckDBInstance } = require("@duckdb/node-api");

async function main() {
  const [file, threads] = process.argv.slice(2);
  const instance = await DuckDBInstance.create(":memory:", { threads });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT customer_id, min(date), max(date), count(*), sum(amount)
    FROM read_csv('${file}', header = true, delim = ',', quote = '"', columns = {
      customer_id: 'VARCHAR', order_id: 'VARCHAR', date: 'DATE', sku: 'VARCHAR', quantity: 'INTEGER',
      unit_price: 'DECIMAL(18,2)', amount: 'DECIMAL(18,2)', note: 'VARCHAR'})
    GROUP BY 1 ORDER BY 1) TO '/dev/stdout' (FORMAT csv)`);
}
main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

import { sql, type RawBuilder } from 'kysely';

/*
 * Many rows in one parameter: a JSON array that the database takes apart. One constant statement for any number of rows, one
 * bound value, and the work happens off the main thread.
 */

/** A table expression with one row per item; columns come out of it with {@link column}. Values may be strings, numbers, null. */
export function rowsOf(items: readonly Readonly<Record<string, string | number | null>>[]): RawBuilder<unknown> {
  return sql`json_each(${JSON.stringify(items)})`;
}

/** The named field of the row at hand. */
export function column(name: string): RawBuilder<unknown> {
  return sql`value ->> ${sql.lit(name)}`;
}

/** The named fields of the row at hand, comma-separated. */
export function columns(...names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map(column));
}

/** One `undefined` per item: the answer of writes that answer nothing. */
export function noAnswers(items: readonly unknown[]): readonly undefined[] {
  return items.map(() => undefined);
}

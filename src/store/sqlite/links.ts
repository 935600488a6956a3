import { sql, type Selectable } from 'kysely';
import type { LinkStore } from '../../functions/contract/ports.js';
import type { ShortLink, NewShortLink } from '../../model/link.js';
import { toPage } from '../page.js';
import { column, columns, noAnswers, rowsOf } from './rows.js';
import type { LinksTable } from './tables.js';
import type { Database, WriteKind, Writer } from './writer.js';

/** Most expired links one transaction forgets, so that it never holds up the calls that live. */
const CHUNK = 500;

/** New links; answers whether the code was free. */
const addLinks: WriteKind<NewShortLink, boolean> = {
  name: 'link.add',
  lingerMs: 2,
  size: ({ url }) => url.length + 200,
  async write(db, links) {
    // Of two links of one code in one flush the first counts.
    const first = new Map<string, NewShortLink>();
    for (const link of links) if (!first.has(link.code)) first.set(link.code, link);
    const rows = [...first.values()].map((link) => ({ ...link }));
    const added = await sql<{ code: string }>`
      insert into links (code, url, created_at, expires_at)
      select ${columns('code', 'url', 'createdAt', 'expiresAt')} from ${rowsOf(rows)}
      where true on conflict do nothing returning code`.execute(db);
    const codes = new Set(added.rows.map(({ code }) => code));
    return links.map((link) => codes.has(link.code) && first.get(link.code) === link);
  },
};

interface Visit {
  readonly code: string;
  readonly at: number;
}

/** Visits, counted together: nobody waits for them. */
const countVisits: WriteKind<Visit> = {
  name: 'link.visit',
  lingerMs: 250,
  size: () => 100,
  async write(db, visits) {
    const counted = new Map<string, { code: string; visits: number; at: number }>();
    for (const { code, at } of visits) {
      const known = counted.get(code);
      counted.set(code, { code, visits: (known?.visits ?? 0) + 1, at: Math.max(known?.at ?? 0, at) });
    }
    await sql`
      update links set visits = links.visits + ${column('visits')}, visited_at = ${column('at')}
      from ${rowsOf([...counted.values()])} where links.code = ${column('code')}`.execute(db);
    return noAnswers(visits);
  },
};

/** Removes links by code; answers whether there was one. */
const removeLinks: WriteKind<string, boolean> = {
  name: 'link.remove',
  lingerMs: 0,
  size: () => 100,
  async write(db, codes) {
    const removed = await db
      .deleteFrom('links')
      .where('code', 'in', [...new Set(codes)])
      .returning('code')
      .execute();
    return codes.map((code) => removed.some((row) => row.code === code));
  },
};

/** Forgets links that expired before; answers how many. */
const forgetExpiredLinks: WriteKind<number, number> = {
  name: 'link.forget',
  lingerMs: 0,
  size: () => 100,
  async write(db, befores) {
    const old = db
      .selectFrom('links')
      .select('code')
      .where('expires_at', '<', Math.max(...befores))
      .limit(CHUNK);
    const gone = await db.deleteFrom('links').where('code', 'in', old).returning('code').execute();
    return befores.map(() => gone.length);
  },
};

/** Every write of this file, for the writer. */
export const LINK_KINDS = [addLinks, countVisits, removeLinks, forgetExpiredLinks] as const;

function toLink(row: Selectable<LinksTable>): ShortLink {
  const { code, url, visits } = row;
  return { code, url, createdAt: row.created_at, expiresAt: row.expires_at, visits, visitedAt: row.visited_at };
}

/** Short links, over the writer. */
export function linkStore(writer: Writer, reader: Database): LinkStore {
  return {
    add: (link) => writer.submit(addLinks, link),
    async find(code) {
      const row = await reader.selectFrom('links').selectAll().where('code', '=', code).executeTakeFirst();
      return row === undefined ? null : toLink(row);
    },
    visited: (code, at) => writer.post(countVisits, { code, at }),
    async list({ limit, after }) {
      let query = reader.selectFrom('links').selectAll().orderBy('created_at', 'desc').orderBy('code', 'desc');
      if (after !== null) query = query.where(sql<boolean>`(created_at, code) < (${after.at}, ${after.id})`);
      const rows = await query.limit(limit + 1).execute();
      return toPage(rows, limit, (row) => ({ at: row.created_at, id: row.code }), toLink);
    },
    remove: (code) => writer.submit(removeLinks, code),
    forgetExpired: (before) => writer.submit(forgetExpiredLinks, before),
  };
}

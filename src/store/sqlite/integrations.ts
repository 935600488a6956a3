import { sql, type Selectable } from 'kysely';
import type { JsonObject } from '../../lib/json/json.js';
import type { IntegrationStore } from '../../integrations/ports.js';
import type { FlowLink, Removal, StoredIntegration, Unfinished } from '../../model/integration.js';
import { columns, noAnswers, rowsOf } from './rows.js';
import type { IntegrationsTable } from './tables.js';
import type { Database, WriteKind, Writer } from './writer.js';

/** Adds integrations, or replaces those of the same id; of one flush the last of an id counts. */
const saveIntegrations: WriteKind<StoredIntegration> = {
  name: 'integration.save',
  lingerMs: 0,
  size: ({ document }) => JSON.stringify(document).length + 300,
  async write(db, integrations) {
    const rows = [...new Map(integrations.map((one) => [one.id, one])).values()].map(({ document, active, ...rest }) => {
      return { ...rest, document: JSON.stringify(document), active: active ? 1 : 0 };
    });
    await sql`
      insert into integrations (id, document, active, token_hash, created_at, changed_at)
      select ${columns('id', 'document', 'active', 'tokenHash', 'createdAt', 'changedAt')} from ${rowsOf(rows)}
      where true on conflict (id) do update set document = excluded.document, active = excluded.active,
        token_hash = excluded.token_hash, changed_at = excluded.changed_at`.execute(db);
    return noAnswers(integrations);
  },
};

/** Deletes integrations. Calls and deliveries are written before, so that none that was handed over is missed. */
const removeIntegrations: WriteKind<Removal, Unfinished> = {
  name: 'integration.remove',
  lingerMs: 0,
  size: () => 200,
  async write(db, removals) {
    const answers: Unfinished[] = [];
    for (const removal of removals) answers.push(await remove(db, removal));
    return answers;
  },
};

async function remove(db: Database, { id, target, giveUp }: Removal): Promise<Unfinished> {
  const left = await unfinished(db, id, target);
  if (left.live + left.waiting > 0 && giveUp === null) return left;
  await db.deleteFrom('integrations').where('id', '=', id).execute();
  await db
    .updateTable('deliveries')
    .set({ state: 'dead', due_at: null, leased_until: null, cause: giveUp })
    .where('webhook', '=', target)
    .where('state', '=', 'pending')
    .execute();
  return left;
}

/** The first entry of a journal says which integration its call belongs to. */
async function unfinished(db: Database, id: string, target: string): Promise<Unfinished> {
  const live = await db
    .selectFrom('calls')
    .innerJoin('journal', (first) => first.onRef('journal.call_id', '=', 'calls.id').on('journal.seq', '=', 1))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('calls.ended_at', 'is', null)
    .where(sql<string | null>`journal.entry ->> 'integration'`, '=', id)
    .executeTakeFirstOrThrow();
  const waiting = await db
    .selectFrom('deliveries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'pending')
    .where('webhook', '=', target)
    .executeTakeFirstOrThrow();
  return { live: live.count, waiting: waiting.count };
}

/** Every flow that names an integration; of one flush the last list counts. */
const setLinks: WriteKind<readonly FlowLink[]> = {
  name: 'integration.links',
  lingerMs: 0,
  size: (links) => links.length * 200,
  async write(db, lists) {
    const rows = (lists.at(-1) ?? []).map((link) => ({ ...link }));
    await db.deleteFrom('integration_flows').execute();
    await sql`
      insert into integration_flows (integration, flow, since)
      select ${columns('integration', 'flow', 'since')} from ${rowsOf(rows)}`.execute(db);
    return noAnswers(lists);
  },
};

/** Every write of this file, for the writer. */
export const INTEGRATION_KINDS = [saveIntegrations, removeIntegrations, setLinks] as const;

function toIntegration(row: Selectable<IntegrationsTable>): StoredIntegration {
  const { id, token_hash: tokenHash, created_at: createdAt, changed_at: changedAt } = row;
  return { id, document: JSON.parse(row.document) as JsonObject, active: row.active === 1, tokenHash, createdAt, changedAt };
}

/** Integrations, over the writer. */
export function integrationStore(writer: Writer, reader: Database): IntegrationStore {
  return {
    async all() {
      const rows = await reader.selectFrom('integrations').selectAll().orderBy('created_at').orderBy('id').execute();
      return rows.map(toIntegration);
    },
    save: (integration) => writer.submit(saveIntegrations, integration),
    remove: (removal) => writer.submit(removeIntegrations, removal),
    links: () => reader.selectFrom('integration_flows').selectAll().orderBy('since').orderBy('flow').execute(),
    setLinks: (links) => writer.submit(setLinks, links),
  };
}

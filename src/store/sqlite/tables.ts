import type { Generated } from 'kysely';
import type { DeliveryKind } from '../../model/delivery.js';

/* The tables as Kysely sees them. Columns are documented in the migrations that make them. Times are wall-clock ms. */

/** JSON kept as text. */
type JsonText = string;

export interface CallsTable {
  id: string;
  direction: 'inbound' | 'outbound';
  flow_id: string;
  flow_version: string;
  cli: string;
  did: string;
  started_at: number;
  answered_at: number | null;
  ended_at: number | null;
  ended_by: string | null;
  cause: number | null;
  sip: number | null;
  reason: string | null;
  last_widget: string | null;
  variables: JsonText | null;
  udf: JsonText | null;
  awaits_recording: Generated<number>;
}

export interface JournalTable {
  call_id: string;
  seq: number;
  type: string;
  entry: JsonText;
}

export interface UserVariablesTable {
  contact: string;
  name: string;
  value: JsonText;
  updated_at: number;
}

export interface DeliveriesTable {
  id: string;
  call_id: string;
  kind: DeliveryKind;
  webhook: string;
  body: string;
  state: 'pending' | 'delivered' | 'dead';
  created_at: number;
  due_at: number | null;
  leased_until: number | null;
  stream: string | null;
  shape: JsonText | null;
  cause: string | null;
  replayed_after: Generated<number>;
}

export interface DisabledTargetsTable {
  webhook: string;
  url: string;
  at: number;
}

export interface AttemptsTable {
  delivery_id: string;
  n: number;
  at: number;
  ms: number;
  status: number | null;
  error: string | null;
}

export interface RecordingsTable {
  id: string;
  call_id: string;
  name: string;
  file: string;
  ms: number;
  bytes: number;
  format: 'wav';
  at: number;
}

export interface LinksTable {
  code: string;
  url: string;
  created_at: number;
  expires_at: number | null;
  visits: Generated<number>;
  visited_at: number | null;
}

export interface PausesTable {
  cli: string;
  reason: string | null;
  since: number;
}

export interface IntegrationsTable {
  id: string;
  document: JsonText;
  active: number;
  token_hash: string;
  created_at: number;
  changed_at: number;
}

export interface IntegrationFlowsTable {
  integration: string;
  flow: string;
  since: number;
}

export interface Tables {
  calls: CallsTable;
  journal: JournalTable;
  user_variables: UserVariablesTable;
  deliveries: DeliveriesTable;
  attempts: AttemptsTable;
  disabled_targets: DisabledTargetsTable;
  recordings: RecordingsTable;
  links: LinksTable;
  pauses: PausesTable;
  integrations: IntegrationsTable;
  integration_flows: IntegrationFlowsTable;
}

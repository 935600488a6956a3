import type { Table } from './table.js';

export type ServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Server transaction of every other method (RFC 3261 §17.2.2). */
export const SERVER: Table<ServerState> = {
  trying: {
    '1xx': { to: 'proceeding', does: ['send'] },
    final: { to: 'completed', does: ['send', 'wait J'] },
  },
  proceeding: {
    request: { to: 'proceeding', does: ['resend'] },
    '1xx': { to: 'proceeding', does: ['send'] },
    final: { to: 'completed', does: ['send', 'wait J'] },
  },
  completed: {
    request: { to: 'completed', does: ['resend'] },
    refused: { to: 'terminated', does: [] },
    elapsed: { to: 'terminated', does: [] },
  },
  terminated: {},
};

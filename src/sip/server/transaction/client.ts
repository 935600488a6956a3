import type { Table } from './table.js';

export type ClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Client transaction of every other method (RFC 3261 §17.1.2). */
export const CLIENT: Table<ClientState> = {
  trying: {
    start: { to: 'trying', does: ['send', 'repeat E', 'wait F'] },
    repeat: { to: 'trying', does: ['resend', 'repeat E'] },
    elapsed: { to: 'terminated', does: ['timeout'] },
    refused: { to: 'terminated', does: ['failed'] },
    '1xx': { to: 'proceeding', does: ['repeat E2', 'deliver'] },
    final: { to: 'completed', does: ['stop repeating', 'deliver', 'wait K'] },
  },
  proceeding: {
    repeat: { to: 'proceeding', does: ['resend', 'repeat E2'] },
    elapsed: { to: 'terminated', does: ['timeout'] },
    refused: { to: 'terminated', does: ['failed'] },
    '1xx': { to: 'proceeding', does: ['deliver'] },
    final: { to: 'completed', does: ['stop repeating', 'deliver', 'wait K'] },
  },
  completed: {
    elapsed: { to: 'terminated', does: [] },
  },
  terminated: {},
};

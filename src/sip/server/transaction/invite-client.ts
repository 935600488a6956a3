import type { Table } from './table.js';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/** INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2). Timer C bounds a far end that rings for ever (§16.6 step 11). */
export const INVITE_CLIENT: Table<InviteClientState> = {
  calling: {
    start: { to: 'calling', does: ['send', 'repeat A', 'wait B'] },
    repeat: { to: 'calling', does: ['resend', 'repeat A'] },
    elapsed: { to: 'terminated', does: ['timeout'] },
    refused: { to: 'terminated', does: ['failed'] },
    '1xx': { to: 'proceeding', does: ['stop repeating', 'wait C', 'deliver'] },
    '2xx': { to: 'accepted', does: ['stop repeating', 'wait M', 'deliver'] },
    final: { to: 'completed', does: ['stop repeating', 'ack', 'deliver', 'wait D'] },
  },
  proceeding: {
    // Timer C: the owner sends CANCEL, and an answer that crosses it must still find its transaction.
    elapsed: { to: 'proceeding', does: ['timeout'] },
    '1xx': { to: 'proceeding', does: ['wait C', 'deliver'] },
    '2xx': { to: 'accepted', does: ['wait M', 'deliver'] },
    final: { to: 'completed', does: ['ack', 'deliver', 'wait D'] },
  },
  completed: {
    final: { to: 'completed', does: ['ack'] },
    elapsed: { to: 'terminated', does: [] },
  },
  accepted: {
    // Repeated by the far end, or from another branch of a fork: the dialog layer tells which.
    '2xx': { to: 'accepted', does: ['deliver'] },
    elapsed: { to: 'terminated', does: [] },
  },
  terminated: {},
};

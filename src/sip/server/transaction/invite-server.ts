import type { Table } from './table.js';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

/**
 * INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1). In `accepted` the dialog layer repeats the 2xx until its ACK comes
 * (§13.3.1.4); the transaction stays to absorb repeated INVITEs.
 */
export const INVITE_SERVER: Table<InviteServerState> = {
  proceeding: {
    request: { to: 'proceeding', does: ['resend'] },
    '1xx': { to: 'proceeding', does: ['send'] },
    '2xx': { to: 'accepted', does: ['send once', 'wait L'] },
    final: { to: 'completed', does: ['send', 'repeat G', 'wait H'] },
  },
  accepted: {
    '2xx': { to: 'accepted', does: ['send once'] },
    elapsed: { to: 'terminated', does: [] },
  },
  completed: {
    request: { to: 'completed', does: ['resend'] },
    repeat: { to: 'completed', does: ['resend', 'repeat G'] },
    ack: { to: 'confirmed', does: ['stop repeating', 'wait I'] },
    refused: { to: 'terminated', does: [] },
    elapsed: { to: 'terminated', does: [] },
  },
  confirmed: {
    elapsed: { to: 'terminated', does: [] },
  },
  terminated: {},
};

import { header, type SipRequest } from '../sip/server/message/message.js';
import type { Dialog } from './dialog.js';
import type { PhoneMedia } from './media.js';
import type { Timeline } from './timeline.js';
import type { Transactions } from './transactions.js';

/** The parts of a call that requests of the far end touch. */
export interface FarRequestPorts {
  readonly dialog: Dialog;
  readonly media: PhoneMedia;
  readonly transactions: Transactions;
  readonly timeline: Timeline;
  /** A re-INVITE of ours waits for its answer. */
  readonly reinviting: () => boolean;
  readonly onBye: (bye: SipRequest) => void;
}

/** Takes a request of the far end and answers it (RFC 3261 §8.2, §12.2.2). Repeats get the answer they got before. */
export async function takeFarRequest(ports: FarRequestPorts, request: SipRequest): Promise<void> {
  const { dialog, transactions, timeline } = ports;
  const answer = (status: number, reason: string, sdp: string | null = null): void => {
    transactions.answer(request, dialog.response(request, status, reason, sdp), dialog.place);
  };
  if (request.method === 'ACK') {
    transactions.acked(request);
    // The answer to an offer of ours in a 2xx (RFC 3261 §13.2.1).
    if (request.body.length > 0) ports.media.accept(request.body.toString('utf8'));
    return;
  }
  if (transactions.repeated(request)) return;
  if (header(request, 'Call-ID') !== dialog.callId && request.method !== 'OPTIONS') {
    answer(481, 'Call/Transaction Does Not Exist');
    return;
  }
  switch (request.method) {
    case 'BYE':
      answer(200, 'OK');
      timeline.add({ kind: 'bye', by: 'far' });
      ports.onBye(request);
      return;
    case 'INVITE':
      timeline.add({ kind: 'reinvite', by: 'far' });
      await dialog.refreshTarget(header(request, 'Contact'));
      answerReinvite(ports, request, answer);
      return;
    case 'OPTIONS':
    case 'INFO':
      answer(200, 'OK');
      return;
    case 'UPDATE':
      // A session refresh without SDP (RFC 4028); media changes come by re-INVITE.
      answer(request.body.length === 0 ? 200 : 488, request.body.length === 0 ? 'OK' : 'Not Acceptable Here');
      return;
    case 'CANCEL':
      answer(481, 'Call/Transaction Does Not Exist');
      return;
    default:
      answer(405, 'Method Not Allowed');
  }
}

function answerReinvite(
  { media, reinviting }: FarRequestPorts,
  request: SipRequest,
  answer: (status: number, reason: string, sdp?: string) => void,
): void {
  // Glare (RFC 3261 §14.2).
  if (reinviting()) {
    answer(491, 'Request Pending');
    return;
  }
  const sdp = request.body.length === 0 ? media.offer() : media.answer(request.body.toString('utf8'));
  if (sdp === null) answer(488, 'Not Acceptable Here');
  else answer(200, 'OK', sdp);
}

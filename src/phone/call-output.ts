import type { EndedBy, PhoneEvent, PhoneResult } from './types.js';

/*
 * What `offhook call` prints: a line for each event, and a summary.
 */

const TIME_COLUMN = 9;
/** Two ends of a conversation, by who acts. */
const WHO = { us: 'we', far: 'the far end' } as const;

const ENDINGS: Record<EndedBy, string> = {
  far: 'the far end hung up',
  us: 'we hung up',
  cancelled: 'we cancelled the call before the answer',
  refused: 'the call was refused',
  'no-answer': 'the INVITE got no answer',
  transport: 'the connection broke',
  max: 'the maximum time has passed',
};

function describe(event: PhoneEvent): string | null {
  switch (event.kind) {
    case 'invite':
      return 'calling';
    case 'response':
      return `${event.status} ${event.reason}`;
    case 'first-packet':
      return 'first audio';
    case 'sound':
      return 'audio is heard';
    case 'quiet':
      return 'silence';
    case 'digit':
      return `key ${event.key}`;
    case 'cancel':
      return 'CANCEL sent';
    case 'bye':
      return `${WHO[event.by]} hung up`;
    case 'reinvite':
      return `re-INVITE by ${event.by === 'us' ? 'us' : 'the far end'}`;
    case 'ack':
    case 'ended':
      return null;
  }
}

/** One event as a line, time first; null for what the summary says better. */
export function eventLine(event: PhoneEvent): string | null {
  const text = describe(event);
  return text === null ? null : `${seconds(event.atMs).padStart(TIME_COLUMN)}  ${text}`;
}

/** The result in a few lines. */
export function summaryLines(result: PhoneResult): string[] {
  const { times, rtp, status } = result;
  const talked = times.answered === null ? null : times.ended - times.answered;
  const reason = result.reasonHeader === null ? '' : ` (Reason: ${result.reasonHeader})`;
  const answer = status === null ? 'no final answer' : `${status} ${result.statusText}`;
  return [
    '',
    `Ended: ${ENDINGS[result.endedBy]}${reason}; ${answer}${talked === null ? '' : `, ${seconds(talked)} on the line`}`,
    `Audio: ${result.codec ?? 'none'}, ${rtp.received} packets received, ${rtp.lost} lost, jitter ${rtp.jitterMs.toFixed(1)} ms; ${rtp.sent} sent`,
    `Call-ID: ${result.callId}`,
  ];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

import type { LegFacts } from './leg.js';

/** Of an entry or a key that belongs to one leg: the leg's id. Absent: the caller's leg, the one that is created first. */
export interface OfLeg {
  readonly leg?: string;
}

/** What happens to a call outside its flow. Each is an entry of the journal as it stands. */
export type CallEvent =
  | { readonly type: 'leg.created'; readonly leg: LegFacts }
  | { readonly type: 'leg.ringing'; readonly leg: string }
  | { readonly type: 'leg.answered'; readonly leg: string }
  | {
      readonly type: 'leg.ended';
      readonly leg: string;
      readonly cause: number;
      readonly sip: number | null;
      readonly remote: boolean;
    }
  /** A file is being written; recovery looks for it when no `recording` follows. */
  | ({ readonly type: 'recording.started'; readonly id: string; readonly name: string; readonly file: string } & OfLeg)
  | ({
      readonly type: 'recording';
      readonly id: string;
      readonly name: string;
      /** File name below the recordings folder. */
      readonly file: string;
      /** Length of the recording, ms. */
      readonly durationMs: number;
      readonly bytes: number;
      readonly format: 'wav';
    } & OfLeg)
  /** A recording that was begun has come to nothing: no `recording` follows. */
  | ({ readonly type: 'recording.lost'; readonly id: string } & OfLeg)
  /** Something the flow did not ask for and its author should see. */
  | ({ readonly type: 'note'; readonly text: string } & OfLeg);

/** The call events a webhook can subscribe to (docs/behaviour.md#call-events). */
export const CALL_EVENTS = [
  'started',
  'ringing',
  'answered',
  'completed',
  'busy',
  'cancelled',
  'unanswered',
  'rejected',
  'failed',
  'timeout',
  'record',
  'input',
] as const;

export type CallEventName = (typeof CALL_EVENTS)[number];

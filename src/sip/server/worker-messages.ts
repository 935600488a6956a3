import type { SipServerStats, StartProblem } from './options.js';

/** What the main thread says to the signalling thread. */
export type ToSignalingThread =
  | { readonly type: 'take-calls' }
  | { readonly type: 'drain' }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'close' };

/** What the signalling thread says to the main thread. */
export type FromSignalingThread =
  | {
      readonly type: 'started';
      readonly listening: readonly string[];
      readonly control: { readonly host: string; readonly port: number };
    }
  | { readonly type: 'failed'; readonly problem: StartProblem }
  | { readonly type: 'stats'; readonly id: number; readonly stats: SipServerStats }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly fields: object; readonly text: string };

import type { Scenario } from '../recorder.js';
import { of, say, play, collect, keys } from './builders.js';

/* Calls with recordings. */

export const RECORDINGS: readonly Scenario[] = [
  of(
    'recordings',
    'A message with a beep that ends by a key, the whole call beside it, and one that ends by itself.',
    {
      rec: { type: 'startRecording', name: 'message', tracks: 'caller', beep: true, maxSeconds: 60, exits: { next: 'listen' } },
      listen: collect({
        prompt: say('Speak.'),
        digits: { min: 0, max: 1, allow: '#' },
        retries: 0,
        exits: { collected: 'stop', noInput: 'stop', missed: 'stop' },
      }),
      stop: { type: 'stopRecording', name: 'message', exits: { next: 'both' } },
      both: { type: 'startRecording', name: 'both', maxSeconds: 2, exits: { next: 'wait' } },
      wait: { type: 'delay', seconds: 4, exits: { next: 'stop2' } },
      stop2: { type: 'stopRecording', exits: { next: 'last' } },
      last: { type: 'startRecording', name: 'last', tracks: 'caller', exits: { next: 'tell' } },
      tell: play('Kept: $widget.stop.seconds s, $call.recordingurl', 'bye'),
    },
    { more: { record: true }, script: keys(6000, '#') },
  ),
  of(
    'recordings-failed',
    'A recording that cannot begin, nothing to end, and one that comes to nothing.',
    {
      none: { type: 'stopRecording', exits: { next: 'bye', failed: 'rec' } },
      rec: { type: 'startRecording', exits: { next: 'bye', failed: 'again' } },
      again: { type: 'delay', seconds: 2, exits: { next: 'second' } },
      second: { type: 'startRecording', name: 'second', exits: { next: 'stop' } },
      stop: { type: 'stopRecording', exits: { next: 'bye', failed: 'bye' } },
    },
    {
      prepare: ({ media }) => {
        media.prepare = (session) => {
          session.recordingError = 'no space left on device';
        };
      },
      async script({ session, wait }) {
        await wait(1000);
        session.recordingError = null;
        session.recordingEndError = 'the disk is gone';
      },
    },
  ),
  of(
    'recording-late-message',
    'A message of the caller is final only after the end of the call.',
    {
      rec: { type: 'startRecording', name: 'message', tracks: 'caller', exits: { next: 'wait' } },
      wait: { type: 'delay', seconds: 60, exits: { next: 'bye' } },
    },
    {
      async script({ session, caller, wait }) {
        let final = (): void => undefined;
        session.recordingEndGate = new Promise((resolve) => (final = resolve));
        await wait(9000);
        caller.bye();
        await wait(9000);
        final();
        await wait(10);
      },
    },
  ),
];

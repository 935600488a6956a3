import { z } from 'zod';
import { defineWidget } from '../flow/widget.js';
import { counterNameField, counterVariable } from './shared/fields.js';

/** Sets a counter back (docs/behaviour.md#widget-counter). */
export const resetCounter = defineWidget({
  type: 'resetCounter',
  version: 1,
  summary: 'Sets a counter back to its start.',
  docs: 'Forgets the count of `$flow.key.<name>`; the next `counter` of that name begins at its `start` again.',
  example: { type: 'resetCounter', name: 'attempts', exits: { next: 'ask' } },
  config: z.strictObject({ name: counterNameField }),
  exits: () => ({ next: { summary: 'The counter is set back.' } }),
  results: [],
  audio: false,
  waits: false,
  writes: ({ name }) => [counterVariable(name)],
  run({ name }, { vars }) {
    vars.clear(counterVariable(name));
    return Promise.resolve('next');
  },
});

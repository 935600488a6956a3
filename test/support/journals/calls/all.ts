import type { Scenario } from '../recorder.js';
import { ENDED } from './endings.js';
import { LOGIC } from './logic.js';
import { COLLECTS, PLAYS } from './prompts.js';
import { RECORDINGS } from './recordings.js';
import { FUNCTIONS, WEBHOOKS } from './services.js';
import { TROUBLE } from './trouble.js';

/** Calls of the integration that is sent everything. */
const TOLD_EVERYTHING: ReadonlySet<string> = new Set([
  'collect-masked',
  'end-caller-on-hold',
  'end-caller-with-cause',
  'end-crash-between-keys',
  'end-crash-on-hold',
  'end-hangup',
  'end-refused-busy',
  'facts-and-headers',
  'menu-choice',
  'recording-late-message',
  'recordings',
  'webhook-answered',
]);

/** Every call that is recorded. */
export const SCENARIOS: readonly Scenario[] = [
  ...ENDED,
  ...PLAYS,
  ...COLLECTS,
  ...WEBHOOKS,
  ...FUNCTIONS,
  ...LOGIC,
  ...RECORDINGS,
  ...TROUBLE,
].map((scenario) => (TOLD_EVERYTHING.has(scenario.name) ? { ...scenario, integration: 'everything' } : scenario));

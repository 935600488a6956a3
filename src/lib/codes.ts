import { API_CODES } from './codes/api.js';
import { CALLS_CODES } from './codes/calls.js';
import { CONFIGURATION_CODES } from './codes/configuration.js';
import { CREDENTIALS_CODES } from './codes/credentials.js';
import { FLOW_CODES } from './codes/flow.js';
import { FUNCTION_CODES } from './codes/functions.js';
import { INTEGRATIONS_CODES } from './codes/integrations.js';
import { MEDIA_CODES } from './codes/media.js';
import { PROCESS_CODES } from './codes/process.js';
import { PROMPTS_CODES } from './codes/prompts.js';
import { SIGNALLING_CODES } from './codes/signalling.js';
import { STORE_CODES } from './codes/store.js';
import { WEBHOOKS_CODES } from './codes/webhooks.js';
import { WIDGET_CHECK_CODES } from './codes/widget-checks.js';
import { WIDGETS_CODES } from './codes/widgets.js';

/**
 * Every code a user can meet, with its one-line meaning and what to do. `docs/errors.md` is generated from this table.
 * A code never changes its meaning; messages may. Add yours in the file of your room.
 */
export const CODES = {
  ...CONFIGURATION_CODES,
  ...API_CODES,
  ...STORE_CODES,
  ...FLOW_CODES,
  ...WIDGET_CHECK_CODES,
  ...WIDGETS_CODES,
  ...PROMPTS_CODES,
  ...WEBHOOKS_CODES,
  ...CREDENTIALS_CODES,
  ...FUNCTION_CODES,
  ...INTEGRATIONS_CODES,
  ...SIGNALLING_CODES,
  ...MEDIA_CODES,
  ...CALLS_CODES,
  ...PROCESS_CODES,
} as const satisfies Record<string, { meaning: string; advice: string }>;

/** One of the documented codes. */
export type Code = keyof typeof CODES;

/** True for a text that is one of them. */
export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text);
}

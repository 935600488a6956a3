import type { WebhookCall } from '../../model/webhook.js';
import type { WebhookConfigBody } from './body.js';
import { CHAT_BODY } from './chat.js';
import type { EmptyRow } from './rows.js';

/*
 * What a profile makes of the fields that a webhook leaves out (docs/behaviour.md#profiles). A profile sets defaults, and how
 * long a timeout may be, and nothing else: every field can still be set.
 */

export const PROFILE_NAMES = ['native', 'phonon', 'vonage', 'messangi'] as const;

/** The defaults of one profile. */
export interface Profile extends Pick<WebhookCall, 'method' | 'responseType' | 'pathRoot' | 'xmlPaths'> {
  readonly body: WebhookConfigBody;
  /** Seconds. */
  readonly timeout: { readonly usual: number; readonly min: number; readonly max: number };
  /** What a query row that was left empty holds (docs/behaviour.md#empty-query-rows). */
  readonly emptyQuery: EmptyRow;
  /** Whether a mapping that finds nothing fails (docs/behaviour.md#required-values). */
  readonly required: boolean;
}

const NATIVE: Profile = {
  method: 'GET',
  body: { type: 'none' },
  timeout: { usual: 10, min: 1, max: 60 },
  emptyQuery: 'text',
  responseType: 'auto',
  pathRoot: 'document',
  xmlPaths: 'dotted',
  required: false,
};

export const PROFILES: Readonly<Record<(typeof PROFILE_NAMES)[number], Profile>> = {
  native: NATIVE,
  phonon: { ...NATIVE, timeout: { usual: 60, min: 1, max: 60 }, responseType: 'json', pathRoot: 'data', xmlPaths: 'xpath' },
  vonage: { ...NATIVE, timeout: { usual: 10, min: 10, max: 25 }, emptyQuery: 'parameter', required: true },
  messangi: { ...NATIVE, method: 'POST', body: CHAT_BODY },
};

/** Seconds of flows that were written before there was a timeout to set (docs/behaviour.md#request-timeout). */
export const LEGACY_TIMEOUT = 5;

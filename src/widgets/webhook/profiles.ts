import type { WebhookCall } from '../../flow/ports.js';
import type { WebhookConfigBody } from './body.js';
import type { EmptyRow } from './rows.js';

/*
 * What a profile makes of the fields that a webhook leaves out (section 4; Q1, Q3, Q34, Q36). A profile sets defaults, and how long a
 * timeout may be, and nothing else: every field can still be set.
 */

export const PROFILE_NAMES = ['native', 'phonon', 'vonage', 'messangi'] as const;

/** The defaults of one profile. */
export interface Profile extends Pick<WebhookCall, 'method' | 'responseType' | 'pathRoot' | 'xmlPaths'> {
  readonly body: WebhookConfigBody;
  /** Seconds. */
  readonly timeout: { readonly usual: number; readonly min: number; readonly max: number };
  /** What a query row that was left empty holds (V6 c). */
  readonly emptyQuery: EmptyRow;
  /** Whether a mapping that finds nothing fails (Q3). */
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

/** The predefined rows of a chat message (M6) that have a value in a call. */
const CHAT_BODY: WebhookConfigBody = {
  type: 'fields',
  fields: [
    { key: 'chatId', value: '$call.uuid', type: 'variable', mandatory: true },
    { key: 'contact', value: '$call.cli', type: 'variable', mandatory: false },
    { key: 'event', value: 'MESSAGE', type: 'text', mandatory: false },
    { key: 'text', value: '$call.dtmf', type: 'variable', mandatory: false },
    { key: 'multimedia.url', value: '$call.recordingurl', type: 'variable', mandatory: false },
  ],
};

export const PROFILES: Readonly<Record<(typeof PROFILE_NAMES)[number], Profile>> = {
  native: NATIVE,
  phonon: { ...NATIVE, timeout: { usual: 60, min: 1, max: 60 }, responseType: 'json', pathRoot: 'data', xmlPaths: 'xpath' },
  vonage: { ...NATIVE, timeout: { usual: 10, min: 10, max: 25 }, emptyQuery: 'parameter', required: true },
  messangi: { ...NATIVE, method: 'POST', body: CHAT_BODY },
};

/** Seconds of flows that were written before there was a timeout to set (Q1). */
export const LEGACY_TIMEOUT = 5;

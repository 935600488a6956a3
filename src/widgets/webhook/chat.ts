import type { Gathering } from './gathering.js';
import type { WebhookConfigRow } from './rows.js';

/*
 * The message of a chat (docs/behaviour.md#chat-message), which the messangi profile sends unless the flow writes a body of its
 * own.
 */

/** Name of the row whose value is a telephone number. */
const CONTACT = 'contact';

/** The predefined rows that have a value in a call. */
export const CHAT_BODY = {
  type: 'fields',
  fields: [
    { key: 'chatId', value: '$call.uuid', type: 'variable', mandatory: true },
    { key: CONTACT, value: '$call.cli', type: 'variable', mandatory: false },
    { key: 'event', value: 'MESSAGE', type: 'text', mandatory: false },
    { key: 'text', value: '$call.dtmf', type: 'variable', mandatory: false },
    { key: 'multimedia.url', value: '$call.recordingurl', type: 'variable', mandatory: false },
  ],
} satisfies { readonly type: 'fields'; readonly fields: readonly WebhookConfigRow[] };

/** The members of {@link CHAT_BODY} as a chat has them: a contact is the digits of its number, empty when that is withheld. */
export function chatMembers(members: ReturnType<Gathering['members']>): ReturnType<Gathering['members']> {
  return members.map(({ key, value }) => ({
    key,
    value: key === CONTACT && typeof value === 'string' ? value.replace(/\D/gu, '') : value,
  }));
}

/** Codes of integrations; part of `CODES`. */
export const INTEGRATIONS_CODES = {
  INTEGRATION_INVALID: {
    meaning: 'An integration cannot be like this; nothing was changed.',
    advice: 'Correct what the problems name; docs/integrations.md describes every field.',
  },
  INTEGRATION_ROW: {
    meaning: 'A row of an integration cannot be sent like this.',
    advice: 'Correct the row, or take it out: a row that is not there is not sent.',
  },
  INTEGRATION_UNKNOWN: {
    meaning: 'There is no integration of that id.',
    advice: '`GET /v1/integrations` lists those there are.',
  },
  INTEGRATION_ID_TAKEN: {
    meaning: 'There is an integration of that id already.',
    advice: 'Take another id, or change the one that is there.',
  },
  INTEGRATION_TOO_MANY: {
    meaning: 'There are as many integrations as one installation takes.',
    advice: 'Delete those that nobody needs.',
  },
  INTEGRATION_CONNECTION_TAKEN: {
    meaning: 'A number belongs to one active integration only, and another one has it.',
    advice: 'Stop the other integration, or take the number out of one of them.',
  },
  INTEGRATION_LINKED: {
    meaning: 'Flows name the integration: it can be neither stopped nor deleted while they do.',
    advice: 'Take `integration` out of these flows first.',
  },
  INTEGRATION_UNFINISHED: {
    meaning: 'Calls of the integration live, or events of it wait to be delivered: deleted now, they would have no END.',
    advice:
      'Stop it and delete it when its last END is delivered. With `force=true` it is deleted now: its calls are told of no more, its events are dead.',
  },
  INTEGRATION_INACTIVE: {
    meaning: 'The integration is not active.',
    advice: 'Start it first.',
  },
  INTEGRATION_VERSION: {
    meaning: 'The integration was changed by somebody else meanwhile.',
    advice: 'Read it again and repeat the change.',
  },
  INTEGRATION_UNAUTHORIZED: {
    meaning: 'The token of the integration is missing or wrong.',
    advice:
      'Send `Authorization: Bearer TOKEN` with the token that was shown when the integration was made, or make a new one; API keys do not count here.',
  },
  INTEGRATION_CHAT_UNKNOWN: {
    meaning: 'There is no such live call of this integration.',
    advice: 'Send events only into chats whose END has not come; the caller begins a chat by calling.',
  },
  INTEGRATION_CHAT_NOT_ANSWERED: {
    meaning: 'The call is not answered yet: nobody would hear it.',
    advice: 'Send it again when the first MESSAGE of the chat has come.',
  },
  INTEGRATION_CHAT_ENDING: {
    meaning: 'The end of this chat was asked for already.',
    advice: 'Send nothing behind an `end`.',
  },
  INTEGRATION_QUEUE_FULL: {
    meaning: 'Too many events wait for this caller.',
    advice: 'Send the next one when some have been heard.',
  },
  INTEGRATION_EVENT_INVALID: {
    meaning: 'The event cannot be used.',
    advice: 'Send `{"type": "text", "text": "…"}`, `{"type": "media", "multimedia": {"url": "…"}}` or `{"type": "end"}`.',
  },
  FLOW_INTEGRATION_UNKNOWN: {
    meaning: 'The flow names an integration that does not exist: its calls are sent nowhere.',
    advice: 'Create the integration, or correct its id.',
  },
  FLOW_INTEGRATION_INACTIVE: {
    meaning: 'The flow names an integration that is not active: its calls are sent nowhere.',
    advice: 'Start the integration.',
  },
} as const;

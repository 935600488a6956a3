/** Codes of integrations; part of `CODES`. */
export const INTEGRATIONS_CODES = {
  INTEGRATION_INVALID: {
    meaning: 'The integration is not valid. Nothing was changed.',
    advice: 'Correct what the problems name. docs/integrations.md describes every field.',
  },
  INTEGRATION_ROW: {
    meaning: 'A row of an integration cannot be sent.',
    advice: 'Correct the row, or remove it: only rows that are present are sent.',
  },
  INTEGRATION_UNKNOWN: {
    meaning: 'No integration has that id.',
    advice: 'Correct the id. `GET /v1/integrations` lists all integrations.',
  },
  INTEGRATION_ID_TAKEN: {
    meaning: 'An integration with that id already exists.',
    advice: 'Use another id, or change the existing integration.',
  },
  INTEGRATION_TOO_MANY: {
    meaning: 'The installation has the maximum number of integrations.',
    advice: 'Delete those that you do not need.',
  },
  INTEGRATION_CONNECTION_TAKEN: {
    meaning: 'Another active integration has this number. A number belongs to one active integration only.',
    advice: 'Stop the other integration, or remove the number from one of them.',
  },
  INTEGRATION_LINKED: {
    meaning: 'Flows name the integration. Until they no longer do, it cannot be stopped or deleted.',
    advice: 'Remove `integration` from these flows first.',
  },
  INTEGRATION_UNFINISHED: {
    meaning:
      'The integration has live calls, or events that wait to be delivered. If it were deleted now, these calls would have no END.',
    advice:
      'Stop it, and delete it when its last END is delivered. `force=true` deletes it now: its live calls send nothing more, and its waiting events become dead letters.',
  },
  INTEGRATION_INACTIVE: {
    meaning: 'The integration is not active.',
    advice: 'Start the integration first.',
  },
  INTEGRATION_VERSION: {
    meaning: 'Someone else changed the integration in the meantime.',
    advice: 'Read it again and repeat your change.',
  },
  INTEGRATION_UNAUTHORIZED: {
    meaning: 'The token of the integration is missing or wrong.',
    advice:
      'Send `Authorization: Bearer TOKEN` with the token that was shown when the integration was created, or create a new token. API keys are not valid here.',
  },
  INTEGRATION_CHAT_UNKNOWN: {
    meaning: 'This integration has no live call with that chat id.',
    advice: 'Send events only to chats that have had no END yet. A chat begins when a caller calls.',
  },
  INTEGRATION_CHAT_NOT_ANSWERED: {
    meaning: 'The call is not answered yet, so the caller would not hear the event.',
    advice: 'Send it again after the first MESSAGE of the chat.',
  },
  INTEGRATION_CHAT_ENDING: {
    meaning: 'An earlier event already asked for the end of this chat.',
    advice: 'Send nothing after an `end`.',
  },
  INTEGRATION_QUEUE_FULL: {
    meaning: 'Too many events wait for this caller.',
    advice: 'Send the next one after the caller has heard some of them.',
  },
  INTEGRATION_EVENT_INVALID: {
    meaning: 'The event is not valid.',
    advice: 'Send `{"type": "text", "text": "…"}`, `{"type": "media", "multimedia": {"url": "…"}}` or `{"type": "end"}`.',
  },
  FLOW_INTEGRATION_UNKNOWN: {
    meaning: 'The flow names an integration that does not exist. Its calls are sent nowhere.',
    advice: 'Create the integration, or correct its id.',
  },
  FLOW_INTEGRATION_INACTIVE: {
    meaning: 'The flow names an integration that is not active. Its calls are sent nowhere.',
    advice: 'Start the integration.',
  },
} as const;

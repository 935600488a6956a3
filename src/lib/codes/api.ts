/** Codes of api; part of `CODES`. */
export const API_CODES = {
  API_UNAUTHORIZED: {
    meaning: 'The request has no valid API key.',
    advice: 'Send a key of `api.keys` as `Authorization: Bearer KEY` or `X-API-Key: KEY`.',
  },
  API_THROTTLED: {
    meaning: 'This address sent too many wrong API keys.',
    advice: 'Wait a minute, then try again with the right key.',
  },
  API_NOT_LOCAL: {
    meaning: 'The API has no key, so it answers only programs of its own machine, not web pages.',
    advice: 'Call it as `localhost` or `127.0.0.1` without an `Origin` header, or set a key under `api.keys`.',
  },
  API_FOREIGN_PAGE: {
    meaning: 'A web page of another site tried to open the live events.',
    advice: 'Serve the page from `api.publicUrl`, or connect from a program, which sends no `Origin`.',
  },
  API_TOO_MANY_CLIENTS: {
    meaning: 'Too many clients follow the live events.',
    advice: 'Close some, or try again later.',
  },
  API_TOO_MANY_CONNECTIONS: {
    meaning: 'This address, or all together, have too many requests under way.',
    advice:
      'Wait for answers before you ask more. Behind a proxy all clients have one address: raise `api.connectionsPerAddress`.',
  },
  API_BAD_REQUEST: {
    meaning: 'A parameter or the body of the request is not valid.',
    advice: 'Correct what the message names; `/openapi.json` describes every request.',
  },
  API_TOO_LARGE: {
    meaning: 'The body of the request is too large.',
    advice: 'Send less; `/openapi.json` describes every request.',
  },
  API_NOT_FOUND: {
    meaning: 'There is nothing at this address.',
    advice: 'Check the address and the id; `/openapi.json` lists every path.',
  },
  API_CALL_OVER: {
    meaning: 'The call is over already.',
    advice: 'Nothing needs to be done.',
  },
  API_RESUME_GONE: {
    meaning: 'Nobody waits at this resume URL: it was used already, its time is over, or the call is.',
    advice: 'Send each answer once, and within the time the flow gives for it.',
  },
  API_LINK_INVALID: {
    meaning: 'The link to the recording was not made by this installation, or was changed.',
    advice: 'Use the link exactly as the report or the API gave it.',
  },
  API_LINK_EXPIRED: {
    meaning: 'The link to the recording is no longer valid.',
    advice: 'Download the recording through `/v1/calls/{id}/recordings/{recording}` with an API key.',
  },
  API_FAILED: {
    meaning: 'Something in Offhook went wrong while it answered.',
    advice: 'Try again; the log of Offhook has the cause.',
  },
  API_LISTEN_FAILED: {
    meaning: 'The API could not be opened at its address.',
    advice: 'Check `api.host` and `api.port`: another program may use the port.',
  },
  API_OPEN_WITHOUT_KEY: {
    meaning: 'The API would be open to the network without a key.',
    advice: 'Set a key under `api.keys`, or bind to 127.0.0.1.',
  },
} as const;

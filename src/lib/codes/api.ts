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
    meaning: 'The API has no key. Without a key it answers only programs on its own machine, and no web pages.',
    advice: 'Call it as `localhost` or `127.0.0.1` without an `Origin` header, or set a key under `api.keys`.',
  },
  API_FOREIGN_PAGE: {
    meaning: 'A web page of another site tried to open the live events.',
    advice: 'Serve the page from `api.publicUrl`, or connect from a program: a program sends no `Origin`.',
  },
  API_TOO_MANY_CLIENTS: {
    meaning: 'Too many clients follow the live events.',
    advice: 'Close some of these clients, or try again later.',
  },
  API_TOO_MANY_CONNECTIONS: {
    meaning: 'One address, or all addresses together, have too many requests under way.',
    advice:
      'Wait for the answers before you send more requests. Behind a proxy all clients have one address: raise `api.connectionsPerAddress`.',
  },
  API_BAD_REQUEST: {
    meaning: 'A parameter or the body of the request is not valid.',
    advice: 'Correct what the message names. `/openapi.json` describes every request.',
  },
  API_TOO_LARGE: {
    meaning: 'The body of the request is too large.',
    advice: 'Send a smaller body. `/openapi.json` describes every request.',
  },
  API_NOT_FOUND: {
    meaning: 'The address of the request, or the id in it, does not exist.',
    advice: 'Check the address and the id. `/openapi.json` lists every path.',
  },
  API_CALL_OVER: {
    meaning: 'The call has already ended.',
    advice: 'You need to do nothing.',
  },
  API_RESUME_GONE: {
    meaning: 'No call waits at this resume URL: the URL was used already, its time is over, or the call has ended.',
    advice: 'Send each answer once, within the time that the flow allows for it.',
  },
  API_LINK_INVALID: {
    meaning: 'The link to the recording was changed, or another installation made it.',
    advice: 'Use the link exactly as it stands in the report or in the answer of the API.',
  },
  API_LINK_EXPIRED: {
    meaning: 'The link to the recording has expired.',
    advice: 'Download the recording through `/v1/calls/{id}/recordings/{recording}` with an API key.',
  },
  API_FAILED: {
    meaning: 'An error inside Offhook stopped the answer to this request.',
    advice: 'Try again. The log of Offhook has the cause.',
  },
  API_LISTEN_FAILED: {
    meaning: 'The API cannot listen on its address.',
    advice: 'Check `api.host` and `api.port`: another program may use the port.',
  },
  API_OPEN_WITHOUT_KEY: {
    meaning: 'The API has no key and would be open to the network.',
    advice: 'Set a key under `api.keys`, or bind to 127.0.0.1.',
  },
} as const;

/** Codes of signalling; part of `CODES`. */
export const SIGNALLING_CODES = {
  SIP_PORT_IN_USE: {
    meaning: 'Another program has the port that SIP was to listen on.',
    advice: 'Stop the other program, or configure another port.',
  },
  SIP_ADDRESS_UNAVAILABLE: {
    meaning: 'SIP was to listen on an address that this machine does not have.',
    advice: 'Configure one of its own addresses, or 0.0.0.0 for all of them.',
  },
  SIP_START_FAILED: {
    meaning: 'The signalling server could not start.',
    advice: 'The message names the cause; a port below 1024 needs special rights.',
  },
  SIP_OPTIONS_INVALID: {
    meaning: 'A setting of the signalling server cannot be used.',
    advice: 'Correct the setting that the message names.',
  },
  SIP_SERVER_UNREACHABLE: {
    meaning: 'The signalling server of `sip.server` does not answer.',
    advice: 'Check its host and port and that it runs; without `sip.server` Offhook starts its own.',
  },
  SIP_SERVER_SECRET: {
    meaning: 'The signalling server refused the secret of `sip.server`.',
    advice: 'Set the secret that the server is configured with, and start again.',
  },
  SIP_SERVER_LOST: {
    meaning: 'The connection to the signalling server broke; the calls that lived were ended.',
    advice: 'Nothing while it comes back by itself; if it does not, check that the server runs. The log says when it is back.',
  },
} as const;

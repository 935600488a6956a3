/** Codes of signalling; part of `CODES`. */
export const SIGNALLING_CODES = {
  SIP_PORT_IN_USE: {
    meaning: 'Another program uses the SIP port.',
    advice: 'Stop the other program, or configure another port.',
  },
  SIP_ADDRESS_UNAVAILABLE: {
    meaning: 'The configured SIP address does not belong to this machine.',
    advice: 'Configure an address of this machine, or 0.0.0.0 for all of them.',
  },
  SIP_START_FAILED: {
    meaning: 'The SIP server could not start.',
    advice: 'Read the message for the cause. A port below 1024 needs special rights.',
  },
  SIP_OPTIONS_INVALID: {
    meaning: 'A setting of the SIP server is not valid.',
    advice: 'Correct the setting that the message names.',
  },
  SIP_SERVER_UNREACHABLE: {
    meaning: 'The SIP server of `sip.server` does not answer.',
    advice: 'Check its host and port, and that it runs. Without `sip.server` Offhook starts its own.',
  },
  SIP_SERVER_SECRET: {
    meaning: 'The SIP server refused the secret of `sip.server`.',
    advice: 'Set the secret that the SIP server has in its own configuration, and start Offhook again.',
  },
  SIP_SERVER_LOST: {
    meaning: 'The connection to the SIP server broke. All live calls were ended.',
    advice: 'Offhook connects again by itself and logs it. If it does not, check that the SIP server runs.',
  },
} as const;

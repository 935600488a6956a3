/** Codes of configuration; part of `CODES`. */
export const CONFIGURATION_CODES = {
  CONFIG_REFUSED: {
    meaning: 'A changed file is not fit to be used; what was good before stays in use.',
    advice: 'Correct what the lines before it name, or run `offhook check`; the file is read again when it changes.',
  },
  CONFIG_UNREADABLE: {
    meaning: 'A configuration file is missing or is not JSON.',
    advice: 'Check that the file exists, is readable by this user and is valid JSON.',
  },
  CONFIG_INVALID: {
    meaning: 'A value in the configuration has the wrong type or is out of range.',
    advice: 'Correct the value at the path shown; docs/reference/configuration.md lists every setting.',
  },
  CONFIG_UNKNOWN_KEY: {
    meaning: 'A setting that Offhook does not know.',
    advice: 'Remove it or correct its spelling; docs/reference/configuration.md lists every setting.',
  },
  CONFIG_SECRET_MISSING: {
    meaning: 'The configuration names a secret that is not set.',
    advice: 'Set the environment variable `OFFHOOK_SECRET_<NAME>`, or add the name to `secrets.json` or the secrets folder.',
  },
  CONFIG_SECRETS_EXPOSED: {
    meaning: 'Everybody on this machine can read `secrets.json`.',
    advice: 'Take the permission away: `chmod 600 config/secrets.json`.',
  },
  CONFIG_CONFLICT: {
    meaning: 'Two settings do not fit each other.',
    advice: 'Change one of the two; docs/reference/configuration.md explains both.',
  },
  FLOW_DUPLICATE_ID: {
    meaning: 'Two flow files have the same `id`.',
    advice: 'Give one of them another id, or remove the file you do not need.',
  },
  ROUTE_UNKNOWN_FLOW: {
    meaning: 'A number is routed to a flow that does not exist.',
    advice: 'Correct the flow id under `routing` in `offhook.json`, or add the flow.',
  },
} as const;

/** Codes of configuration; part of `CODES`. */
export const CONFIGURATION_CODES = {
  CONFIG_REFUSED: {
    meaning: 'A changed file has errors. Offhook goes on with the last version that had none.',
    advice:
      'Correct what the log lines before this one name, or run `offhook check`. Offhook reads the file again when it changes.',
  },
  CONFIG_UNREADABLE: {
    meaning: 'A configuration file is missing or is not JSON.',
    advice: 'Check that the file exists, is readable by this user and is valid JSON.',
  },
  CONFIG_INVALID: {
    meaning: 'A value in the configuration has the wrong type or is out of range.',
    advice: 'Correct the value at the path shown. docs/reference/configuration.md lists every setting.',
  },
  CONFIG_UNKNOWN_KEY: {
    meaning: 'The configuration has a setting that Offhook does not know.',
    advice: 'Remove it or correct its spelling. docs/reference/configuration.md lists every setting.',
  },
  CONFIG_SECRET_MISSING: {
    meaning: 'The configuration names a secret that is not set.',
    advice: 'Set the environment variable `OFFHOOK_SECRET_<NAME>`, or add the name to `secrets.json` or the secrets folder.',
  },
  CONFIG_SECRETS_EXPOSED: {
    meaning: 'Every user of this machine can read `secrets.json`.',
    advice: 'Let only its owner read it: `chmod 600 config/secrets.json`.',
  },
  CONFIG_CONFLICT: {
    meaning: 'Two settings contradict each other.',
    advice: 'Change one of the two. docs/reference/configuration.md explains both.',
  },
  FLOW_DUPLICATE_ID: {
    meaning: 'Two flow files have the same `id`.',
    advice: 'Give one of them another id, or remove the file that you do not need.',
  },
  ROUTE_UNKNOWN_FLOW: {
    meaning: 'A number leads to a flow that does not exist.',
    advice: 'Correct the flow id under `routing` in `offhook.json`, or add the flow.',
  },
} as const;

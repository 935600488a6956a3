import type { ConfiguredWebhook } from '../../src/webhooks/configured/schema.js';

/** A configured webhook as the file's defaults make it. */
export function configuredWebhook(name: string, more: Partial<ConfiguredWebhook> = {}): ConfiguredWebhook {
  return {
    name,
    url: `https://${name}.example/report`,
    method: 'POST',
    auth: { type: 'none' },
    sign: null,
    kind: 'report',
    default: false,
    format: 'phonon',
    options: {
      durationUnit: 'ms',
      minimalSingleLeg: false,
      wrapInBody: false,
      includeUserVariables: false,
      includeCallVariables: false,
    },
    events: [],
    redirects: 'fail',
    eventFormat: 'flat',
    ...more,
  };
}

import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import type { FunctionCatalogue } from './function.js';
import { inputNames } from './keys.js';
import type { FunctionRules } from '../../model/request-rules.js';

/** The functions of a site, for the check of its flows. */
export function functionRules(catalogue: FunctionCatalogue, webhooks: () => readonly ConfiguredWebhook[] | null): FunctionRules {
  return {
    builtIn: new Map(
      [...catalogue.values()].map((definition) => {
        const { name, outputs, unavailable } = definition;
        return [name, { ...inputNames(definition), outputs: Object.keys(outputs), unavailable: unavailable ?? null }];
      }),
    ),
    services: () => webhooks()?.flatMap(({ name, kind }) => (kind === 'functions' ? [name] : [])) ?? null,
  };
}

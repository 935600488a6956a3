import type { ConfiguredWebhook } from '../../webhooks/ports.js';
import type { FunctionCatalogue } from './function.js';
import { inputNames } from './keys.js';

/** What the checker of flows may know of a function. */
export interface KnownFunction {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly outputs: readonly string[];
  readonly unavailable: string | null;
}

/** Fits the `FunctionRules` that the flow declares, by shape. */
export interface FunctionRules {
  readonly builtIn: ReadonlyMap<string, KnownFunction>;
  services(): readonly string[] | null;
}

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

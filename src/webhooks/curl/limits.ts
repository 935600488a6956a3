import type { Json, JsonObject } from '../../lib/json/json.js';
import { type Draft, has } from './draft.js';
import type { CurlOption } from './options.js';

/** Time, redirects and tries, inside what a widget may have. */
export function limits({ options, warnings }: Draft, method: string): JsonObject {
  const held = (kind: CurlOption['kind'], low: number, high: number): number | null => {
    const option = options.filter((one) => one.kind === kind).at(-1);
    const value = Number(option?.value);
    if (option === undefined || option.value.trim() === '' || !Number.isFinite(value)) return null;
    const inside = Math.min(Math.max(value, low), high);
    if (inside !== value) warnings.push(`${option.name} ${option.value} becomes ${inside}, the nearest that is possible.`);
    return inside;
  };
  const timeout = held('max-time', 1, 60);
  const connectTimeout = held('connect-timeout', 0.1, 60);
  const retries = held('retry', 0, 3);
  const repeatable = method !== 'POST' && method !== 'PATCH';
  if (retries !== null && !repeatable)
    warnings.push(`--retry is not taken over: ${method} is only tried again with an \`idempotencyKey\`.`);
  const redirects = has(options, 'location') ? (held('max-redirs', 0, 5) ?? 5) : 0;
  const fields: Record<string, Json> = {
    ...(timeout !== null && { timeout: Math.ceil(timeout) }),
    ...(connectTimeout !== null && { connectTimeout }),
    ...(retries !== null && repeatable && { retries: Math.floor(retries) }),
    ...(redirects > 0 && { redirects: Math.floor(redirects) }),
  };
  return fields;
}

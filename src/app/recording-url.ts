import type { Api } from '../api/api.js';

/** Where a recording can be fetched. */
export function recordingUrl(api: Api, id: string): string {
  return api.links.make(`${id}.wav`);
}

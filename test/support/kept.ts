import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from './site.js';

/*
 * Everything a site keeps and says about its calls, for the search of what must not be in it.
 */

/** A place by its name, and what is in it. */
export type Place = readonly [name: string, text: string];

/** Every file below a folder. */
export function filesIn(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Files of the site by name and content (database, WAL, recordings, caches), log, output, and the API’s answers about these calls. */
export async function keptBy(site: Site, callIds: readonly string[]): Promise<readonly Place[]> {
  const { body } = await site.get('/v1/deliveries');
  const deliveries = (body as { items: { id: string }[] }).items.map(({ id }) => `/v1/deliveries/${id}`);
  const paths = ['/v1/calls', ...callIds.map((id) => `/v1/calls/${id}`), '/v1/deliveries', ...deliveries, '/metrics'];
  const answers = await Promise.all(paths.map(async (path): Promise<Place> => [path, JSON.stringify(await site.get(path))]));
  return [...answers, ...storedBy(site)];
}

/** The same without the API: also of a site that was stopped. */
export function storedBy(site: Site): readonly Place[] {
  const files = filesIn(join(site.dir, 'data')).map((file): Place => [file, `${file}\n${readFileSync(file, 'latin1')}`]);
  return [...files, ['log', site.log], ['output', site.output]];
}

/** Names of the places that hold the text. */
export function placesOf(text: string, places: readonly Place[]): readonly string[] {
  return places.filter(([, held]) => held.includes(text)).map(([name]) => name);
}

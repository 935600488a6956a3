import { readSite } from '../runtime/site.js';
import { countProblems, problemLines } from './problems.js';

/** `offhook check`: everything wrong with a configuration folder, with file, JSON path and advice. 1 when something is an error. */
export function checkCommand(dir: string, options: { readonly json: boolean }, print: (text: string) => void): number {
  const { site, problems } = readSite({ dir });
  if (options.json) print(JSON.stringify({ ok: site !== null, problems }, null, 2));
  else {
    const verdict = site === null ? 'not usable' : `${site.flows.size} flows, ${site.webhooks.length} webhooks, fine`;
    print([...problemLines(problems), `${dir}: ${verdict} (${countProblems(problems)})`].join('\n'));
  }
  return site === null ? 1 : 0;
}

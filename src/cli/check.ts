import { missingPrompts } from '../runtime/prerender.js';
import { readSite } from '../runtime/site.js';
import { counted, countProblems, problemLines } from './problems.js';

/** `offhook check`: everything wrong with a configuration folder, with file, JSON path and advice. 1 when something is an error. */
export async function checkCommand(
  dir: string,
  options: { readonly json: boolean },
  print: (text: string) => void,
): Promise<number> {
  const { site, problems: found } = readSite({ dir });
  const missing = site === null ? [] : await missingPrompts(site.flows.values(), site.config.promptsDir);
  const problems = [...found, ...missing];
  if (options.json) print(JSON.stringify({ ok: site !== null, problems }, null, 2));
  else {
    const verdict =
      site === null ? 'not usable' : `${counted(site.flows.size, 'flow')}, ${counted(site.webhooks.length, 'webhook')}, fine`;
    print([...problemLines(problems), `${dir}: ${verdict} (${countProblems(problems)})`].join('\n'));
  }
  return site === null ? 1 : 0;
}

import { badPromptFiles, tryDecoding } from '../site/prompts/prerender.js';
import { speechProblems } from '../site/prompts/flow-voices.js';
import { readSite } from '../site/site.js';
import { counted, countProblems, problemLines } from './problems.js';

/** `offhook check`: everything wrong with a configuration folder, with file, JSON path and advice. 1 when something is an error. */
export async function checkCommand(
  dir: string,
  options: { readonly json: boolean },
  print: (text: string) => void,
): Promise<number> {
  const { site, problems: found } = readSite({ dir });
  const bad =
    site === null
      ? []
      : [
          ...(await badPromptFiles(site.flows.values(), site.config.promptsDir, tryDecoding)),
          ...(await speechProblems(site.config, site.flows.values())),
        ];
  const problems = [...found, ...bad];
  const ok = site !== null && !bad.some(({ severity }) => severity === 'error');
  if (options.json) print(JSON.stringify({ ok, problems }, null, 2));
  else {
    const verdict =
      site === null || !ok
        ? 'not usable'
        : `${counted(site.flows.size, 'flow')}, ${counted(site.webhooks.length, 'webhook')}, fine`;
    print([...problemLines(problems), `${dir}: ${verdict} (${countProblems(problems)})`].join('\n'));
  }
  return ok ? 0 : 1;
}

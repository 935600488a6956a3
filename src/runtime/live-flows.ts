import { watchFlows } from '../flow-files.js';
import type { Flow } from '../flow/document.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';
import type { PromptLibrary } from '../media/prompts/types.js';
import { prerender } from './prerender.js';
import type { Site } from './site.js';

/** The flows for new calls, kept up to date with their files. */
export interface LiveFlows {
  /** As they are now, by id. */
  readonly all: () => ReadonlyMap<string, Flow>;
  readonly close: () => void;
}

/** Follows the flow files of a site; prompts without variables are rendered ahead. */
export function followFlows(site: Site, prompts: PromptLibrary, log: Logger): LiveFlows {
  let current = site.flows;
  void prerender([...current.values()], prompts, log);
  const close = watchFlows(site.config.flowsDir, {
    flows: site.flows,
    check: site.check,
    clock: systemClock,
    log,
    onChange: ({ flows, changed, removed, problems }) => {
      current = flows;
      if (changed.length + removed.length > 0) log.info({ changed, removed }, 'flows changed; running calls keep theirs');
      for (const problem of problems) log[problem.severity === 'error' ? 'error' : 'warn']({ problem }, 'flow file');
      void prerender(
        changed.flatMap((id) => flows.get(id) ?? []),
        prompts,
        log,
      );
    },
  });
  return { all: () => current, close };
}

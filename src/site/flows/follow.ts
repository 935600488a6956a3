import { type BrokenFlow, checkRouting, type FlowChange, type FlowCheck, watchFlows } from './flows.js';
import type { Flow } from '../../flow/document/document.js';
import { background, guarded } from '../../lib/log/background.js';
import { systemClock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { PromptLibrary } from '../../speech/types.js';
import { prerender } from '../prompts/prerender.js';
import type { Config } from '../config/config.js';
import { unspokenTexts } from '../prompts/flow-voices.js';

/** The flows for new calls, kept up to date with their files. */
export interface LiveFlows {
  /** As they are now, by id. */
  readonly all: () => ReadonlyMap<string, Flow>;
  /** Files that are not fit to run, by id; a flow of `all` with that id is the version before. */
  readonly broken: () => ReadonlyMap<string, BrokenFlow>;
  /** Looks at the files at once; `refused`: at those too that did not pass their check before. */
  readonly look: (again?: 'refused') => void;
  /** Calls back after every change. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => void;
}

/**
 * Follows the flow files of a site; prompts without variables are rendered ahead.
 *
 * @param check judges a file as the site is at that moment
 */
export function followFlows(
  site: { readonly config: Pick<Config, 'flowsDir' | 'routing'>; readonly flows: ReadonlyMap<string, Flow> },
  check: FlowCheck,
  prompts: PromptLibrary,
  log: Logger,
): LiveFlows {
  let current = site.flows;
  let broken: ReadonlyMap<string, BrokenFlow> = new Map();
  const tellRoutes = routeTeller(site.config, log);
  const listeners: (() => void)[] = [];
  const renderAhead = (flows: readonly Flow[]): void => {
    for (const found of unspokenTexts(flows, (language) => prompts.speaks(language))) {
      log.error({ code: 'SPEECH_LANGUAGE_UNSUPPORTED', ...found }, 'no voice on this machine can speak texts of this flow');
    }
    background('rendering prompts ahead', log, () => prerender(flows, prompts, log));
  };
  renderAhead([...current.values()]);
  const watch = watchFlows(site.config.flowsDir, {
    flows: site.flows,
    check,
    clock: systemClock,
    log,
    onChange: (change) => {
      const { flows, changed, removed, mended } = change;
      current = flows;
      broken = change.broken;
      if (changed.length + removed.length > 0) log.info({ changed, removed }, 'flows changed; running calls keep theirs');
      if (mended.length > 0) log.info({ flows: mended }, 'these flows have no broken file any more');
      tellProblems(change, log);
      tellRoutes(change);
      renderAhead(changed.flatMap((id) => flows.get(id) ?? []));
      // Last: what they look at in turn can change the flows once more.
      for (const tell of listeners) guarded('telling that flows changed', log, tell)();
    },
  });
  return {
    all: () => current,
    broken: () => broken,
    look: (again) => watch.look(again),
    onChange: (listener) => void listeners.push(listener),
    close: () => watch.close(),
  };
}

/** Logs what was found in the files that changed, and whether calls still have a flow of a broken one. */
function tellProblems({ flows, broken, problems }: FlowChange, log: Logger): void {
  for (const problem of problems) {
    const [id] = [...broken].find(([, { file }]) => file === problem.file) ?? [];
    const before = id === undefined ? undefined : flows.get(id)?.version;
    const level = problem.severity === 'error' ? 'error' : 'warn';
    const about = { code: problem.code, problem };
    if (before === undefined) log[level](about, 'flow file');
    else log[level]({ ...about, flow: id, version: before }, 'flow file; calls keep the version before');
  }
}

/** Logs routes that lead nowhere since a change, each once while it does. */
function routeTeller({ routing }: Pick<Config, 'routing'>, log: Logger): (change: FlowChange) => void {
  let told: ReadonlySet<string> = new Set();
  return (change) => {
    const nowhere = new Map(checkRouting(routing, change).map((problem) => [`${problem.path} ${problem.message}`, problem]));
    for (const [key, problem] of nowhere)
      if (!told.has(key)) log.error({ code: problem.code, problem }, 'calls to this number are refused');
    told = new Set(nowhere.keys());
  };
}

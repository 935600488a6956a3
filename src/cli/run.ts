import { systemClock } from '../lib/clock.js';
import { catchUncaughtErrors } from '../lib/log/uncaught.js';
import { createLogger } from '../lib/log/log.js';
import { startRuntime } from '../app/main.js';
import { badPromptFiles } from '../site/prompts/prerender.js';
import { readSite } from '../site/site.js';
import { speechProblems } from '../site/prompts/flow-voices.js';
import { countProblems, problemLines } from './problems.js';
import { startScreen } from './start-screen.js';

/**
 * `offhook run`: reads the folder, starts, prints the start screen, drains on SIGTERM or SIGINT (a second one stops at once).
 * Resolves with the exit code when everything is closed.
 */
export async function runCommand(dir: string, print: (text: string) => void): Promise<number> {
  const { site, problems } = readSite({ dir });
  if (site === null) {
    print(['Offhook cannot start:', ...problemLines(problems), '', countProblems(problems)].join('\n'));
    return 1;
  }
  const log = createLogger(site.config.log.level);
  catchUncaughtErrors(process, log, () => systemClock.monotonic());
  let stopWith: (code: number) => void = () => undefined;
  const stopped = new Promise<number>((resolve) => {
    stopWith = resolve;
  });
  const started = await startRuntime(site, {
    log,
    onFatal: (reason) => {
      log.error({ code: 'SIP_SERVER_LOST', reason }, 'Offhook cannot go on');
      stopWith(1);
    },
  });
  if (!started.ok) {
    print(['Offhook cannot start:', ...problemLines([started.error])].join('\n'));
    return 1;
  }
  let asked = false;
  const onSignal = (): void => {
    if (asked) {
      log.warn({}, 'second signal: stopping at once');
      process.exit(130);
    }
    asked = true;
    stopWith(0);
  };
  // Sent out of habit to have files read again; a terminal that closes means to end us.
  if (!process.stdout.isTTY) {
    process.on('SIGHUP', () => log.info({}, 'SIGHUP has no effect: Offhook reads changed files by itself'));
  }
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const flows = [...site.flows.values()];
  const bad = await badPromptFiles(flows, site.config.promptsDir);
  print(startScreen(started.value, [...problems, ...bad, ...(await speechProblems(site.config, flows))]));
  const code = await stopped;
  await started.value.stop();
  return code;
}

import { join } from 'node:path';
import { jsonTooBig } from '../lib/json-limits.js';
import { parseSettings, readTextFile } from '../config/json-file.js';
import { stampOf, watchFolder } from '../config/watch-folder.js';
import { calledServices, reportingFlows } from '../flow-files.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';
import { problem, type Problem } from '../lib/problem.js';
import { defaultWebhook } from '../webhooks/configured.js';
import type { ConfiguredWebhook } from '../webhooks/ports.js';
import type { Site, WebhookReader } from './site.js';

/** The configured webhooks, kept up to date with their file. */
export interface LiveWebhooks {
  /** As they are now. */
  readonly all: () => readonly ConfiguredWebhook[];
  /** Looks at the file at once. */
  readonly look: () => void;
  /** Calls back after every change. One listener. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => void;
}

/** Name of the file below the configuration folder. */
export const WEBHOOKS_FILE = 'webhooks.json';

/** What {@link judgeWebhooks} found. */
export interface JudgedWebhooks {
  readonly webhooks: readonly ConfiguredWebhook[];
  readonly problems: readonly Problem[];
}

/** A change of the list. What was before may come from the file, unchecked. */
interface Webhooks {
  readonly before: readonly { readonly name?: unknown; readonly kind?: unknown; readonly default?: unknown }[];
  readonly after: readonly ConfiguredWebhook[];
}

/** What a change is judged by. */
export interface Judging {
  readonly read: WebhookReader;
  /** The webhooks as they were: what flows lack already may go on lacking. */
  readonly before: Webhooks['before'];
  readonly flowsDir: string;
}

/**
 * Judges the text of the file (null: there is none) by the checks of the start, and by this one: what flows need cannot be taken away,
 * which is the default that they report to (F2), and the functions they call. With an error among the problems nothing is usable.
 */
export function judgeWebhooks(text: string | null, { read, before, flowsDir }: Judging): JudgedWebhooks {
  const document = text === null ? null : parseWebhooks(text);
  if (document !== null && !document.ok) return { webhooks: [], problems: [unreadable(document.error)] };
  const { webhooks: after, problems } = read(document === null ? null : document.value);
  if (problems.some(({ severity }) => severity === 'error')) return { webhooks: after, problems };
  const needed = [...defaultNeeded({ before, after }, flowsDir), ...servicesNeeded({ before, after }, flowsDir)];
  return needed.length === 0 ? { webhooks: after, problems } : { webhooks: [], problems: [...problems, ...needed] };
}

function defaultNeeded({ before, after }: Webhooks, flowsDir: string): readonly Problem[] {
  if (defaultWebhook(after) !== undefined || !before.some((webhook) => webhook.default === true)) return [];
  const flows = reportingFlows(flowsDir);
  const message = `These flows post their report to the default webhook, and there would be none: ${flows.join(', ')}.`;
  return flows.length === 0 ? [] : [problem('WEBHOOK_DEFAULT_NEEDED', { file: WEBHOOKS_FILE, path: '$', message })];
}

function servicesNeeded({ before, after }: Webhooks, flowsDir: string): readonly Problem[] {
  const gone = before.filter(
    ({ name, kind }) => kind === 'functions' && !after.some((webhook) => webhook.name === name && webhook.kind === 'functions'),
  );
  const called = gone.length === 0 ? null : calledServices(flowsDir);
  return gone.flatMap(({ name }) => {
    const flows = called?.get(String(name)) ?? [];
    const message = `These flows call functions of ${String(name)}, and there would be none: ${flows.join(', ')}.`;
    return flows.length === 0 ? [] : [problem('WEBHOOK_SERVICE_NEEDED', { file: WEBHOOKS_FILE, path: '$', message })];
  });
}

function parseWebhooks(text: string) {
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return { ok: false, error: tooBig } as const;
  const parsed = parseSettings(text);
  return parsed.ok ? parsed : ({ ok: false, error: parsed.error.message } as const);
}

/** That `webhooks.json` cannot be read, and why. */
export function unreadable(message: string): Problem {
  return problem('CONFIG_UNREADABLE', { file: WEBHOOKS_FILE, path: '$', message });
}

/**
 * Follows `webhooks.json`. A change that passes the checks holds for whatever is sent from then on; one that does not is told, and
 * what was good before stays in use.
 */
export function followWebhooks({ config, webhooks, readWebhooks }: Site, log: Logger): LiveWebhooks {
  const file = join(config.dir, WEBHOOKS_FILE);
  let current = webhooks;
  let seen: string | null = null;
  let changed = (): void => undefined;
  const look = (): void => {
    const stamp = stampOf(file);
    if (stamp === seen) return;
    seen = stamp;
    const text = readTextFile(file);
    const missing = !text.ok && text.error.kind === 'missing';
    const judged =
      text.ok || missing
        ? judgeWebhooks(text.ok ? text.value : null, { read: readWebhooks, before: current, flowsDir: config.flowsDir })
        : { webhooks: [], problems: [unreadable(text.error.message)] };
    for (const found of judged.problems) log[found.severity === 'error' ? 'error' : 'warn']({ problem: found }, WEBHOOKS_FILE);
    if (judged.problems.some(({ severity }) => severity === 'error')) {
      log.error({ file: WEBHOOKS_FILE }, 'the webhooks stay as they were before this change');
      return;
    }
    if (JSON.stringify(judged.webhooks) === JSON.stringify(current)) return;
    current = judged.webhooks;
    log.info({ webhooks: current.map(({ name }) => name) }, 'webhooks changed; what is sent from now on goes by them');
    changed();
  };
  // What was written while the site was read is not missed.
  look();
  const close = watchFolder(config.dir, { clock: systemClock, log, look });
  return {
    all: () => current,
    look,
    onChange: (listener) => {
      changed = listener;
    },
    close,
  };
}

import { join } from 'node:path';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { parseSettings, readTextFile } from '../files/json-file.js';
import { stampOf } from '../files/stamp.js';
import { calledServices, reportingFlows } from '../flows/flows.js';
import type { Logger } from '../../lib/log/log.js';
import { problem, type Problem } from '../../lib/problem.js';
import { defaultWebhook } from '../../webhooks/configured/configured.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import { follow, type Followed } from '../files/follow.js';
import type { Config } from '../config/config.js';
import type { WebhookReader } from './reader.js';

/** The configured webhooks, kept up to date with their file. */
export interface LiveWebhooks extends Omit<Followed<readonly ConfiguredWebhook[]>, 'now'> {
  /** As they are now. */
  readonly all: () => readonly ConfiguredWebhook[];
  /**
   * The default (docs/behaviour.md#report-switch). While there is none, the last there was: calls that are to be reported may
   * outlive their flow’s file and it.
   */
  readonly reportsTo: () => ConfiguredWebhook | undefined;
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
 * which is the default that they report to, and the functions they call. With an error among the problems nothing is usable.
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

/** A site whose webhooks are followed. */
export interface FollowedSite {
  readonly config: Pick<Config, 'dir' | 'flowsDir'>;
  /** As they were at the start. */
  readonly webhooks: readonly ConfiguredWebhook[];
  readonly readWebhooks: WebhookReader;
}

/**
 * Follows `webhooks.json`. A change that passes the checks holds for whatever is sent from then on; one that does not is told, and
 * what was good before stays in use.
 */
export function followWebhooks({ config, webhooks, readWebhooks }: FollowedSite, log: Logger): LiveWebhooks {
  const path = join(config.dir, WEBHOOKS_FILE);
  let lastDefault = defaultWebhook(webhooks);
  const { now, ...followed } = follow<readonly ConfiguredWebhook[]>({
    file: WEBHOOKS_FILE,
    what: 'the webhooks',
    first: webhooks,
    folders: [config.dir],
    stamp: () => stampOf(path),
    judge(before) {
      const text = readTextFile(path);
      if (!text.ok && text.error.kind !== 'missing') return { value: null, problems: [unreadable(text.error.message)] };
      const judging = { read: readWebhooks, before, flowsDir: config.flowsDir };
      const judged = judgeWebhooks(text.ok ? text.value : null, judging);
      return { value: judged.problems.some(isError) ? null : judged.webhooks, problems: judged.problems };
    },
    same: (one, other) => JSON.stringify(one) === JSON.stringify(other),
    changed(all) {
      lastDefault = defaultWebhook(all) ?? lastDefault;
      log.info({ webhooks: all.map(({ name }) => name) }, 'webhooks changed; what is sent from now on goes by them');
    },
    log,
  });
  return { ...followed, all: now, reportsTo: () => lastDefault };
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

import type { Command } from 'commander';
import { CALL_EVENTS } from '../model/call-events.js';
import { err, ok, type Result } from '../lib/result.js';
import type { ChangedWebhook } from '../model/webhook.js';
import type { WebhookAdmin } from '../site/webhooks/admin.js';
import { refusal, type Refusal } from '../model/refusal.js';
import { callApi } from './api-client.js';
import { type CommandLine, parseFields, unusable } from './command-line.js';
import { finish, table } from './output.js';
import { problemLines } from './problems.js';
import { openAdmin, openTools } from './webhook-site.js';

interface Common {
  readonly config: string;
  readonly json: boolean;
}

type Outcome<T> = Result<T, Refusal>;

const FIELDS = 'fields as JSON, e.g. {"format": "native", "auth": {"type": "bearer", "token": "$secret.crm"}}';

/** `offhook webhook list|show|add|set|remove|default|enable|events|report|egress`. */
export function addAdminCommands(group: Command, line: CommandLine): void {
  const { print, exit, config } = line;
  const command = (name: string, description: string): Command =>
    group.command(name).description(description).addOption(config).option('--json', 'print JSON', false);

  command('list', 'list the configured webhooks').action(async (options: Common) => {
    const result = withAdmin(options.config, (admin) => admin.list());
    const gone = result.ok && !options.json ? await goneLines(options.config) : [];
    exit(finish({ print, json: options.json }, result, (all) => [...webhookTable(all.map(({ webhook }) => webhook)), ...gone]));
  });
  command('show', 'show one configured webhook; secrets show their name')
    .argument('<name>')
    .action((name: string, options: Common) => {
      const result = withAdmin(options.config, (admin) => admin.find(name));
      exit(finish({ print, json: options.json }, result, ({ webhook }) => [JSON.stringify(webhook, null, 2)]));
    });
  command('add', 'add a webhook')
    .argument('<name>')
    .argument('<url>')
    .option('--default', 'make it the default webhook, which takes the reports', false)
    .option('--fields <json>', FIELDS, '{}')
    .action(async (name: string, url: string, options: Common & { default: boolean; fields: string }) => {
      const isDefault = options.default ? { default: true } : {};
      const result = await changed(options, options.fields, (admin, fields) => admin.add({ name, url, ...isDefault, ...fields }));
      exit(finish({ print, json: options.json }, result, changeLines));
    });
  command('set', 'change fields of a webhook; null removes a field')
    .argument('<name>')
    .argument('<fields>', FIELDS)
    .action(async (name: string, fields: string, options: Common) => {
      const result = await changed(options, fields, (admin, given) => admin.change(name, given, null));
      exit(finish({ print, json: options.json }, result, changeLines));
    });
  command('default', 'make a webhook the default webhook, which takes the reports')
    .argument('<name>')
    .action(async (name: string, options: Common) => {
      const result = await changed(options, '{}', (admin) => admin.change(name, { default: true }, null));
      exit(finish({ print, json: options.json }, result, changeLines));
    });
  command('events', 'set the call events that are sent to a webhook')
    .argument('<name>')
    .argument('[events...]', `any of ${CALL_EVENTS.join(', ')}; without one it gets no events`)
    .action(async (name: string, events: string[], options: Common) => {
      const result = await changed(options, '{}', (admin) => admin.change(name, { events }, null));
      exit(finish({ print, json: options.json }, result, changeLines));
    });
  command('remove', 'remove a webhook')
    .argument('<name>')
    .action(async (name: string, options: Common) => {
      const admin = openAdmin(options.config);
      const result = admin.ok ? await admin.value.remove(name, null) : unusable(admin.error);
      exit(finish({ print, json: options.json }, result, () => [`${name} is removed.`]));
    });
  command('enable', 'enable a webhook again that answered 410 (needs the running Offhook)')
    .argument('<name>')
    .action(async (name: string, options: Common) => {
      const result = await callApi<{ was: boolean }>(options.config, 'POST', `/v1/webhooks/${encodeURIComponent(name)}/enable`);
      exit(
        finish({ print, json: options.json }, result, ({ was }) => [
          was ? `${name} is enabled again.` : `${name} was not disabled.`,
        ]),
      );
    });
  addSiteCommands(command, line);
}

/** Those that need the flows too. */
function addSiteCommands(command: (name: string, description: string) => Command, { print, exit }: CommandLine): void {
  command('report', 'switch the report of a flow on or off')
    .argument('<flow>')
    .argument('<on|off>')
    .action(async (flow: string, state: string, options: Common) => {
      const tools = openTools(options.config);
      const known = state === 'on' || state === 'off';
      const result: Outcome<{ readonly id: string; readonly webhook: boolean }> = !known
        ? err(refusal('WEBHOOK_TEST_INVALID', `“${state}” is neither on nor off.`))
        : tools.ok
          ? await tools.value.tools.report(flow, state === 'on')
          : unusable(tools.error);
      exit(
        finish({ print, json: options.json }, result, ({ webhook }) => [
          `${flow} now ${webhook ? 'sends a report' : 'sends no report'} at its end.`,
        ]),
      );
    });
  command('egress', 'show the addresses that requests come from, for firewall rules')
    .argument('[host]', 'host of a service (default: the internet)')
    .action(async (host: string | undefined, options: Common) => {
      const tools = openTools(options.config);
      const result = tools.ok ? ok(await tools.value.tools.egress(host ?? null)) : unusable(tools.error);
      exit(
        finish({ print, json: options.json }, result, ({ proxy, addresses }) => [
          `proxy      ${proxy ?? 'none'}`,
          `addresses  ${addresses.join(', ') || 'none: no route to it'}`,
          'This machine sees these addresses. A router on the way may translate them.',
        ]),
      );
    });
}

function withAdmin<T>(dir: string, go: (admin: WebhookAdmin) => Outcome<T>): Outcome<T> {
  const admin = openAdmin(dir);
  return admin.ok ? go(admin.value) : unusable(admin.error);
}

async function changed(
  { config }: Common,
  fields: string,
  go: (admin: WebhookAdmin, fields: Readonly<Record<string, unknown>>) => Promise<Outcome<ChangedWebhook>>,
): Promise<Outcome<ChangedWebhook>> {
  const parsed = parseFields(fields);
  if (parsed === null) return err(refusal('WEBHOOK_INVALID', 'The fields are not a JSON object.'));
  const admin = openAdmin(config);
  return admin.ok ? go(admin.value, parsed) : unusable(admin.error);
}

function changeLines({ name, webhook, warnings }: ChangedWebhook): readonly string[] {
  return [`${name} is saved. A running Offhook uses it now.`, JSON.stringify(webhook, null, 2), ...problemLines(warnings)];
}

/** What only the running process knows: the webhooks that answered 410. Nothing when none runs. */
async function goneLines(dir: string): Promise<readonly string[]> {
  const asked = await callApi<{ items?: readonly { webhook: { name: string }; disabledAt: number | null }[] }>(
    dir,
    'GET',
    '/v1/webhooks',
  );
  const all = asked.ok ? (asked.value.items ?? []) : [];
  return all.flatMap(({ webhook: { name }, disabledAt }) =>
    disabledAt === null
      ? []
      : [
          `! ${name} answered 410 at ${new Date(disabledAt).toISOString()}. Offhook sends it nothing.`,
          `    \`offhook webhook enable ${name}\` enables it again.`,
        ],
  );
}

function webhookTable(all: readonly Readonly<Record<string, unknown>>[]): string[] {
  if (all.length === 0) return ['No webhook is configured. `offhook webhook add <name> <url>` adds one.'];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const rows = all.map(({ name, url, kind, format, default: isDefault, events, auth }) => [
    text(name) + (isDefault === true ? ' (default)' : ''),
    text(url),
    kind === 'functions' ? 'functions' : `report, ${text(format) || 'phonon'}`,
    typeof auth === 'object' && auth !== null && 'type' in auth ? text(auth.type) : 'none',
    Array.isArray(events) && events.length > 0 ? events.join(' ') : '–',
  ]);
  return table(['NAME', 'URL', 'KIND', 'AUTH', 'EVENTS'], rows);
}

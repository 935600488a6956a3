import type { Command } from 'commander';
import { siteSecrets } from '../site/config/config.js';
import type { Problem } from '../lib/problem.js';
import { err, type Result } from '../lib/result.js';
import { secretVariable } from '../lib/secret-variable.js';
import { refusal, type Refusal } from '../model/refusal.js';
import { askApi } from './api-client.js';
import { finish, table } from './output.js';
import { counted, problemLines } from './problems.js';
import { type CommandLine, parseFields } from './command-line.js';

/** An integration as the API shows it; `token` only where one was made. */
interface Card {
  readonly id: string;
  readonly alias: string;
  readonly active: boolean;
  readonly integration: { readonly url: string; readonly connections?: readonly string[] };
  readonly flows: number;
  readonly warnings?: readonly Problem[];
  readonly token?: string;
}

interface Details {
  readonly requests: readonly { readonly what: string; readonly curl: string }[];
  readonly tryOut: { readonly curl: string };
}

interface Common {
  readonly config: string;
  readonly json: boolean;
}

interface Sent extends Common {
  readonly secret: string;
  readonly text?: string;
  readonly media?: string;
  readonly caption?: string;
  readonly end: boolean;
}

const FIELDS = 'fields as JSON, e.g. {"connections": ["15550100"], "auth": {"type": "bearer", "token": "$secret.crm"}}';

const pathOf = (id: string, rest = ''): string => `/v1/integrations/${encodeURIComponent(id)}${rest}`;

/** `offhook integration …`: through the API of the running process, which has the store. */
export function addIntegrationCommands(group: Command, line: CommandLine): void {
  const command = (name: string, description: string): Command =>
    group.command(name).description(description).addOption(line.config).option('--json', 'print JSON', false);
  addReadingCommands(command, line);
  addChangingCommands(command, line);
  addLifeCommands(command, line);
  addSendCommand(command, line);
}

type MakeCommand = (name: string, description: string) => Command;

function addReadingCommands(command: MakeCommand, { print, exit }: CommandLine): void {
  command('list', 'the integrations, oldest first').action(async ({ config, json }: Common) => {
    const result = await askApi<{ items: readonly Card[] }>(config, { method: 'GET', path: '/v1/integrations' });
    exit(finish({ print, json }, result, ({ items }) => cardTable(items)));
  });
  command('show', 'show one integration; secrets show their name')
    .argument('<id>')
    .action(async (id: string, { config, json }: Common) => {
      const result = await askApi<Card>(config, { method: 'GET', path: pathOf(id) });
      exit(finish({ print, json }, result, ({ integration }) => [JSON.stringify(integration, null, 2)]));
    });
  command('flows', 'list the flows that name an integration')
    .argument('<id>')
    .action(async (id: string, { config, json }: Common) => {
      const path = pathOf(id, '/flows');
      const result = await askApi<{ items: readonly { id: string; name: string; since: number }[] }>(config, {
        method: 'GET',
        path,
      });
      exit(
        finish({ print, json }, result, ({ items }) =>
          table(
            ['FLOW', 'NAME', 'SINCE'],
            items.map((flow) => [flow.id, flow.name, new Date(flow.since).toISOString()]),
          ),
        ),
      );
    });
  command('details', 'show what the service of an integration gets and may send, as curl commands')
    .argument('<id>')
    .action(async (id: string, { config, json }: Common) => {
      const result = await askApi<Details>(config, { method: 'GET', path: pathOf(id, '/details') });
      exit(
        finish({ print, json }, result, ({ requests, tryOut }) => [
          ...requests.flatMap(({ what, curl }) => [`# ${what}`, curl, '']),
          '# Into a live call',
          tryOut.curl,
        ]),
      );
    });
}

function addChangingCommands(command: MakeCommand, { print, exit }: CommandLine): void {
  command('add', 'add an integration that is not active yet; prints its token, only this once')
    .argument('<id>', 'the id by which flows name it')
    .argument('<url>')
    .option('--alias <name>', 'name for people (default: the id)')
    .option('--fields <json>', FIELDS, '{}')
    .action(async (id: string, url: string, options: Common & { alias?: string; fields: string }) => {
      const { config, json, alias = id } = options;
      const fields = parseFields(options.fields);
      const body = { id, url, alias, ...fields };
      const result =
        fields === null ? notFields() : await askApi<Card>(config, { method: 'POST', path: '/v1/integrations', body });
      exit(finish({ print, json }, result, (card) => [...changeLines(card), ...tokenLines(card)]));
    });
  command('set', 'change fields of an integration; null removes a field')
    .argument('<id>')
    .argument('<fields>', FIELDS)
    .action(async (id: string, text: string, { config, json }: Common) => {
      const body = parseFields(text);
      const result = body === null ? notFields() : await askApi<Card>(config, { method: 'PATCH', path: pathOf(id), body });
      exit(finish({ print, json }, result, changeLines));
    });
  command('token', 'make a new token; the old one is no longer valid')
    .argument('<id>')
    .action(async (id: string, { config, json }: Common) => {
      const result = await askApi<{ id: string; token: string }>(config, { method: 'POST', path: pathOf(id, '/token') });
      exit(finish({ print, json }, result, tokenLines));
    });
}

function addLifeCommands(command: MakeCommand, { print, exit }: CommandLine): void {
  const turned = async (id: string, verb: 'start' | 'stop', { config, json }: Common): Promise<void> => {
    const result = await askApi<Card>(config, { method: 'POST', path: pathOf(id, `/${verb}`) });
    exit(finish({ print, json }, result, ({ alias, active }) => [`${id} (${alias}) is ${active ? 'active' : 'stopped'}.`]));
  };
  command('start', 'send it the events of new calls')
    .argument('<id>')
    .action((id: string, options: Common) => turned(id, 'start', options));
  command('stop', 'send it no events of new calls; live calls send theirs to the end')
    .argument('<id>')
    .action((id: string, options: Common) => turned(id, 'stop', options));
  command('remove', 'delete an integration that no flow names and that has no live call and no waiting event')
    .argument('<id>')
    .option(
      '--force',
      'delete it even with live calls or waiting events: the calls send no more events, and the waiting events become dead letters',
      false,
    )
    .action(async (id: string, { config, json, force }: Common & { force: boolean }) => {
      const path = pathOf(id, force ? '?force=true' : '');
      const result = await askApi<{ live: number; waiting: number }>(config, { method: 'DELETE', path });
      exit(
        finish({ print, json }, result, ({ live, waiting }) => [
          `${id} is deleted.`,
          ...(live + waiting === 0 ? [] : [`Given up: ${counted(live, 'call')}, ${counted(waiting, 'event')}.`]),
        ]),
      );
    });
}

function addSendCommand(command: MakeCommand, { print, exit }: CommandLine): void {
  command('send', 'send an event into a live call, as the service of the integration does')
    .argument('<id>')
    .argument('<chat>', 'the chatId in the events of the call')
    .requiredOption('--secret <name>', 'name of the secret that holds its token')
    .option('--text <text>', 'speak this')
    .option('--media <url>', 'play this file')
    .option('--caption <text>', 'caption of the file (not spoken)')
    .option('--end', 'hang up after the caller has heard everything sent before', false)
    .action(async (id: string, chat: string, options: Sent) => {
      const result = await sent(id, chat, options);
      exit(
        finish({ print, json: options.json }, result, ({ waiting }) => [
          `Queued. The caller has ${counted(waiting, 'event')} to hear.`,
        ]),
      );
    });
}

function sent(id: string, chat: string, options: Sent): Promise<Result<{ readonly waiting: number }, Refusal>> {
  const body = eventOf(options);
  if (body === null) return Promise.resolve(err(refusal('INTEGRATION_EVENT_INVALID', 'Give one of --text, --media and --end.')));
  const token = siteSecrets({ dir: options.config }).read(options.secret);
  if (token === undefined) {
    return Promise.resolve(
      err(
        refusal(
          'CONFIG_SECRET_MISSING',
          `The secret ${options.secret} is not set, and neither is the variable ${secretVariable(options.secret)}.`,
        ),
      ),
    );
  }
  const path = pathOf(id, `/chats/${encodeURIComponent(chat)}/events`);
  return askApi(options.config, { method: 'POST', path, body, token });
}

/** The event of a command line; null when it is none, or several. */
function eventOf({ text, media, caption, end }: Sent): object | null {
  const events = [
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...(media === undefined ? [] : [{ type: 'media', multimedia: { url: media, ...(caption !== undefined && { caption }) } }]),
    ...(end ? [{ type: 'end' }] : []),
  ];
  return events.length === 1 ? (events[0] ?? null) : null;
}

function notFields(): Result<never, Refusal> {
  return err(refusal('INTEGRATION_INVALID', 'The fields are not a JSON object.'));
}

function changeLines({ id, integration, warnings = [] }: Card): readonly string[] {
  return [`${id} is kept.`, JSON.stringify(integration, null, 2), ...problemLines(warnings)];
}

function tokenLines({ id, token = '' }: Pick<Card, 'id' | 'token'>): readonly string[] {
  return [`token      ${token}`, `It is not shown again. \`offhook integration token ${id}\` makes a new one.`];
}

function cardTable(items: readonly Card[]): string[] {
  if (items.length === 0) return ['No integration exists. `offhook integration add <id> <url>` adds one.'];
  const rows = items.map(({ id, alias, active, integration, flows }) => [
    id,
    alias,
    active ? 'active' : 'stopped',
    integration.url,
    integration.connections?.join(' ') || '–',
    String(flows),
  ]);
  return table(['ID', 'ALIAS', 'STATE', 'URL', 'CONNECTIONS', 'FLOWS'], rows);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configSchema, SETTINGS } from '../../src/site/config/config.js';
import { checkFlow } from '../../src/flow/document/check/check.js';
import { CODES } from '../../src/lib/codes.js';
import { webhooksFileSchema } from '../../src/webhooks/configured/schema.js';
import { credentialsFileSchema } from '../../src/webhooks/auth/credentials-schema.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { siteRules } from '../support/functions.js';

/*
 * What the written documentation shows must be true: flows pass the checker, settings exist, links lead somewhere, commands,
 * requests and codes are real.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'config/README.md', ...markdownBelow('docs')];
/** Written by people; the reference pages are made from the source and have tests of their own. */
const WRITTEN = PAGES.filter((page) => !page.startsWith('docs/reference/') && page !== 'docs/errors.md');

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

interface Snippet {
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = textOf(page);
  return [...text.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return { where: `${page}:${line}`, language: match[1] ?? '', text: match[2] ?? '' };
  });
}

/** JSON with comments and trailing commas; inside a string they are text. */
function parseJsonc(text: string): unknown {
  const marks = /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g;
  return JSON.parse(text.replace(marks, (_all, string?: string) => string ?? ''));
}

const snippets = PAGES.flatMap(snippetsOf);
const json = snippets
  .filter(({ language }) => language === 'json' || language === 'jsonc')
  .map((snippet) => ({ ...snippet, value: parseJsonc(snippet.text) }));

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isFlow = (value: unknown): boolean => isObject(value) && 'widgets' in value;
const isSettings = (value: unknown): boolean =>
  isObject(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => key in configSchema.shape);
const isWebhooksFile = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((row) => isObject(row) && 'url' in row && 'name' in row);
const isCredentialsFile = (value: unknown): boolean => isObject(value) && ('credentials' in value || 'signers' in value);
const isWidget = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && isObject(value['exits']) && typeof value['type'] === 'string' && widgetCatalogue.has(value['type']);

/** A flow around one widget, whose exits all lead to an end. */
function flowAround(widget: Record<string, unknown>): unknown {
  const targets = Object.values(isObject(widget['exits']) ? widget['exits'] : {});
  const ends = targets.filter((id) => typeof id === 'string').map((id): [string, object] => [id, { type: 'hangup' }]);
  return { id: 'snippet', name: 'Snippet', start: 'it', widgets: { it: widget, ...Object.fromEntries(ends) } };
}

/** Code blocks of a shell, and what is written as code in sentences. */
function codeOf(page: string): string {
  const inline = [...textOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');
  return [...snippetsOf(page).map(({ text }) => text), ...inline].join('\n');
}

describe('snippets', () => {
  it('there are flows, settings and webhooks to look at', () => {
    expect(json.filter(({ value }) => isFlow(value)).length).toBeGreaterThanOrEqual(5);
    expect(json.filter(({ value }) => isSettings(value)).length).toBeGreaterThanOrEqual(5);
    expect(json.filter(({ value }) => isWebhooksFile(value)).length).toBeGreaterThanOrEqual(4);
    expect(json.filter(({ value }) => isCredentialsFile(value))).not.toEqual([]);
    expect(json.filter(({ value }) => isWidget(value))).not.toEqual([]);
  });

  it.each(json.filter(({ value }) => isFlow(value)))('the flow at $where passes the checker', ({ value, where }) => {
    const checked = checkFlow(value, {
      widgets: widgetCatalogue,
      file: where,
      hasDefaultWebhook: true,
      secrets: (name) => name === 'shop',
      requests: siteRules('crm'),
    });
    expect(checked.problems).toEqual([]);
  });

  it.each(json.filter(({ value }) => isWidget(value)))('the widget at $where passes the checker', ({ value, where }) => {
    const flow = flowAround(isWidget(value) ? value : {});
    const { problems } = checkFlow(flow, { widgets: widgetCatalogue, file: where, secrets: () => true });
    expect(problems.filter(({ severity, code }) => severity === 'error' && code !== 'FLOW_UNDECLARED_VARIABLE')).toEqual([]);
  });

  it.each(json.filter(({ value }) => isSettings(value)))('the settings at $where are valid', ({ value }) => {
    expect(configSchema.safeParse(value)).toMatchObject({ success: true });
  });

  it.each(json.filter(({ value }) => isWebhooksFile(value)))('the webhooks at $where are valid', ({ value }) => {
    expect(webhooksFileSchema.safeParse(value)).toMatchObject({ success: true });
  });

  it.each(json.filter(({ value }) => isCredentialsFile(value)))('the credentials at $where are valid', ({ value }) => {
    expect(credentialsFileSchema.safeParse(value)).toMatchObject({ success: true });
  });
});

describe('links', () => {
  it.each(PAGES)('of %s lead somewhere', (page) => {
    const broken = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !leadsSomewhere(page, target));
    expect(broken).toEqual([]);
  });
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || anchorsOf(file).includes(anchor);
}

/** Anchors of headings as web pages of repositories make them: lower case, blanks as hyphens, other marks dropped. */
function anchorsOf(file: string): string[] {
  return [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

describe('what is named exists', () => {
  const sources = ['src/cli.ts', ...readdirSync(join(root, 'src/cli')).map((name) => `src/cli/${name}`)].filter((file) =>
    file.endsWith('.ts'),
  );
  const cli = sources.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const commands = new Set([...cli.matchAll(/\bcommand\('(\w+)'/g)].map(([, name]) => name));
  /** Commands that have commands of their own. */
  const groups = new Set(['webhook', 'deliveries', 'integration'].filter((name) => commands.has(name)));
  const options = new Set([...cli.matchAll(/'(?:-\w, )?(--[a-z-]+)/g)].map(([, name]) => name));
  const written = WRITTEN.map((page) => [page, codeOf(page)] as const);

  it.each(written)('commands and options of offhook in %s', (_page, code) => {
    const used = [...code.matchAll(/(?:npx offhook|^offhook|dist\/cli\.js) ([a-z]+)\b([^\n]*)/gm)];
    const unknown = used.flatMap(([, command = '', rest = '']) => [
      ...(commands.has(command) ? [] : [command]),
      ...(groups.has(command) ? [/^ ([a-z]+)/.exec(rest)?.[1] ?? command].filter((name) => !commands.has(name)) : []),
      ...[...rest.matchAll(/(?<=\s)--[a-z-]+/g)].map(([option]) => option).filter((option) => !options.has(option)),
    ]);
    expect(unknown).toEqual([]);
  });

  it.each(written)('requests to the API in %s', (_page, code) => {
    const document = JSON.parse(textOf('docs/openapi.json')) as { paths: Record<string, unknown> };
    const known = Object.keys(document.paths).map((path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`));
    const used = [...code.matchAll(/(?:GET |POST |PUT |PATCH |DELETE |127\.0\.0\.1:3\d\d\d)(\/[^\s"'`?,|]*)/g)].map(
      ([, path = '']) => path,
    );
    const own = used.filter((path) => /^\/(v1|health|ready|metrics|openapi)\b/.test(path) && path !== '/v1/events');
    expect(own.filter((path) => !known.some((pattern) => pattern.test(path)))).toEqual([]);
  });

  it.each(written)('metrics in %s', (_page, code) => {
    const known = new Set(readFileSync(join(root, 'src/api/metrics.ts'), 'utf8').match(/\boffhook_\w+/g));
    expect((code.match(/\boffhook_\w+/g) ?? []).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(written)('error codes in %s', (_page, code) => {
    const families = [...new Set(Object.keys(CODES).map((name) => name.split('_', 1)[0]))].join('|');
    const used = [...code.matchAll(new RegExp(`(?<![$\\w])(?:${families})_[A-Z_]+\\b`, 'g'))].map(([name]) => name);
    expect(used.filter((name) => !(name in CODES))).toEqual([]);
  });

  it.each(written)('settings and environment variables in %s', (_page, code) => {
    const paths = new Set(SETTINGS.flatMap(({ path }) => path.map((_key, i) => path.slice(0, i + 1).join('.'))));
    // `data.` is also how paths into answers begin.
    const sections = [...new Set(SETTINGS.filter(({ path }) => path.length > 1).map(({ path }) => path[0]))].filter(
      (name) => name !== 'data',
    );
    const named = new RegExp(`^(?:${sections.join('|')})\\.[a-zA-Z.]+$`);
    const settings = code.split('\n').filter((line) => named.test(line) && !/\.(md|json|ts|db|key|example|internal)$/.test(line));
    expect(settings.filter((name) => !paths.has(name))).toEqual([]);
    const variables = new Set([...SETTINGS.map(({ variable }) => variable), 'OFFHOOK_CONFIG', 'OFFHOOK_SECRETS_DIR']);
    const used = [...code.matchAll(/\bOFFHOOK_[A-Z_]+/g)]
      .map(([name]) => name)
      .filter((name) => !name.startsWith('OFFHOOK_SECRET_'));
    expect(used.filter((name) => !variables.has(name))).toEqual([]);
  });
});

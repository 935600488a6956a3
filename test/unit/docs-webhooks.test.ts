import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findInJson } from '../../src/webhooks/answer/paths.js';
import type { Json } from '../../src/lib/json/json.js';
import { queryXml } from '../../src/webhooks/answer/xml.js';
import { configuredWebhookSchema } from '../../src/webhooks/configured/schema.js';
import { DELIVERY_POLICY } from '../../src/webhooks/deliveries/delivery.js';
import { callEventBody } from '../../src/webhooks/events/call-event.js';
import { CALL_EVENTS } from '../../src/model/call-events.js';
import { nativeReport } from '../../src/webhooks/report/native.js';
import { phononReport } from '../../src/webhooks/report/phonon.js';
import { sampleCall } from '../../src/runs/test/sample-call.js';
import type { Mapped } from '../../src/model/webhook.js';
import { PROFILES } from '../../src/widgets/webhook/profiles.js';
import { RESULT_VARIABLES, WIDGET_RESULTS } from '../../src/widgets/shared/request-result.js';

/*
 * Tables and figures of the pages about webhooks say what the code says; docs/webhooks.md itself is gone through in
 * test/flows/webhook-page.test.ts.
 */

const page = (name: string): string => readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), 'utf8');
const requests = page('webhook-requests.md');
const reports = page('reports.md');
const configured = page('configured-webhooks.md');

/** What stands under a heading, up to the next one. */
function under(text: string, heading: string): string {
  const [, rest = ''] = text.split(`## ${heading}\n`);
  return rest.split(/^## /mu)[0] ?? '';
}

/** Cells of the rows of every table in a text, without the rows of headings and lines. */
function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\|(.*)\|$/gmu)]
    .map(([, cells = '']) => cells.split(/(?<!\\)\|/u).map((cell) => cell.trim()))
    .filter((cells) => !cells.every((cell) => /^-*$/u.test(cell)));
}

/** The JSON blocks of a text. */
const jsonIn = (text: string): readonly string[] => [...text.matchAll(/```json\n([\s\S]*?)```/gu)].map(([, json = '']) => json);

const codes = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/gu)].map(([, code = '']) => code);

describe('docs/webhook-requests.md', () => {
  const answer = under(requests, 'The answer');
  const document = JSON.parse(jsonIn(answer)[0] ?? '') as Json;
  const list: Json = [{ name: 'first' }, { name: 'second' }];
  const xml = /```xml\n([\s\S]*?)```/u.exec(answer)?.[1] ?? '';

  const inXml = (path: string, xmlPaths: 'dotted' | 'xpath'): Mapped => {
    const found = queryXml({ text: xml, xmlPaths, pathRoot: 'document', paths: [path] });
    return (found.ok ? found.value[0] : undefined) ?? { found: false };
  };

  /** Pairs of a path and what it finds, from two columns of the table with that heading. */
  const pairs = (heading: string, column: number): readonly (readonly [path: string, finds: string])[] => {
    const [, table = ''] = answer.split(`| ${heading}`);
    return rowsOf(`| ${heading}${table.split('\n\n')[0] ?? ''}`)
      .slice(1)
      .map((cells): [string, string] => [codes(cells[column] ?? '')[0] ?? '', cells[column + 1] ?? ''])
      .filter(([path]) => path !== '');
  };

  const claims = [
    ...pairs('Path             | Finds', 0).map(
      (row) => [...row, (path: string) => findInJson(document, path, 'document')] as const,
    ),
    ...pairs('Path                | Finds in the object', 0).map(
      (row) => [...row, (path: string) => findInJson(document, path, 'data')] as const,
    ),
    ...pairs('Path                | Finds in the object', 2).map(
      (row) => [...row, (path: string) => findInJson(list, path, 'data')] as const,
    ),
    ...pairs('Dotted', 0).map((row) => [...row, (path: string) => inXml(path, 'dotted')] as const),
    ...pairs('Dotted', 2).map((row) => [...row, (path: string) => inXml(path, 'xpath')] as const),
  ];

  it('has paths of every kind', () => {
    expect(claims.length).toBeGreaterThanOrEqual(18);
  });

  it.each(claims)('the path %s finds %s', (path, finds, find) => {
    const found = find(path);
    if (finds === 'nothing') expect(found.found).toBe(false);
    else expect(found).toMatchObject({ found: true, value: JSON.parse(codes(finds)[0] ?? '') as unknown });
  });

  it('compares the profiles as they are', () => {
    const table = new Map(rowsOf(under(requests, 'Profiles')).map(([field = '', ...cells]) => [field, cells]));
    const profiles = Object.values(PROFILES);
    const column = (field: string): readonly string[] => table.get(field) ?? [];
    expect(column('`method`').map((cell) => codes(cell)[0])).toEqual(profiles.map(({ method }) => method));
    expect(column('`timeout`')).toEqual(profiles.map(({ timeout: { usual, min, max } }) => `${usual} s (${min}–${max})`));
    expect(column('`responseType`').map((cell) => codes(cell)[0])).toEqual(profiles.map(({ responseType }) => responseType));
    expect(column('`pathRoot`, `xmlPaths`').map(codes)).toEqual(profiles.map(({ pathRoot, xmlPaths }) => [pathRoot, xmlPaths]));
    expect(column('`required` of a mapping').map((cell) => codes(cell)[0])).toEqual(
      profiles.map(({ required }) => String(required)),
    );
  });

  it('names every result of a webhook', () => {
    const named = rowsOf(under(requests, 'Result variables')).flatMap(([name = '']) => codes(name));
    const own = WIDGET_RESULTS.filter((name) => !RESULT_VARIABLES.includes(`$flow.key.${name}`));
    expect(named).toEqual(expect.arrayContaining([...RESULT_VARIABLES, ...own.map((name) => `$widget.<id>.${name}`)]));
  });
});

describe('docs/reports.md', () => {
  it('lists every call event, and no other', () => {
    const named = rowsOf(under(reports, 'Call events'))
      .slice(1)
      .flatMap(([names = '']) => codes(names));
    expect([...named].sort()).toEqual([...CALL_EVENTS].sort());
  });

  it('shows an event as it is sent', () => {
    const [, text = ''] = jsonIn(under(reports, 'Call events'));
    const event = JSON.parse(text) as Readonly<Record<string, string>>;
    const sent = callEventBody({
      seq: 1,
      at: Date.parse(event['timestamp'] ?? ''),
      callId: event['conversation_uuid'] ?? '',
      leg: event['uuid'] ?? '',
      from: '15551230001',
      to: '100',
      direction: 'inbound',
      timeZone: 'Europe/Berlin',
      status: 'answered',
    });
    expect(JSON.stringify(event)).toBe(JSON.stringify(sent));
  });

  it('shows both formats of the report field by field', () => {
    const [native = '', phonon = ''] = jsonIn(under(reports, 'Formats'));
    const call = sampleCall('id', 0);
    expect(Object.keys(JSON.parse(native) as object)).toEqual(Object.keys(nativeReport(call)));
    const options = configuredWebhookSchema.parse({ name: 'crm', url: 'https://crm.example' }).options;
    expect(Object.keys(JSON.parse(phonon) as object)).toEqual(Object.keys(phononReport(call, options)));
  });

  it('tells the schedule as it is', () => {
    const [, told = ''] = /tried again: after ([^.]*?), each up to/su.exec(reports) ?? [];
    const units: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000 };
    const waits = [...told.matchAll(/(\d+) (s|min|h)\b/gu)].map(([, count, unit = '']) => Number(count) * (units[unit] ?? NaN));
    expect(waits).toEqual(DELIVERY_POLICY.retryAfterMs);
    expect(reports).toContain('These nine tries');
    expect(waits).toHaveLength(8);
  });
});

describe('docs/configured-webhooks.md', () => {
  it('has every field of a webhook', () => {
    const named = codes(
      rowsOf(under(configured, 'The file'))
        .map((cells) => `${cells[0] ?? ''} ${cells[2] ?? ''}`)
        .join(' '),
    );
    expect(named).toEqual(expect.arrayContaining(Object.keys(configuredWebhookSchema.shape)));
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../../src/site/config/config.js';
import { flowDocumentSchema } from '../../../src/flow/document/document.js';
import { configuredWebhookSchema } from '../../../src/webhooks/configured/schema.js';
import { EARLIER_SETTINGS, loadEarlierSettings } from '../../support/earlier-settings.js';

const read = (folder: string, file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const folders = [...EARLIER_SETTINGS.values()];

/** What a document has at a path; undefined when nothing. */
function at(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], document);
}

it.each([...EARLIER_SETTINGS])('the settings of %s are read as they were', (_version, folder) => {
  // A setting that came later has its default.
  expect(loadEarlierSettings(folder)).toMatchObject(read(folder, 'loaded.json') as object);
});

describe('the folders of earlier versions have', () => {
  it('every setting, with another value than the default', () => {
    const documents = folders.map((folder) => read(folder, 'offhook.json'));
    const missing = SETTINGS.filter(({ path, defaultValue }) => {
      const usual = JSON.stringify(defaultValue);
      return !documents.some((document) => ![undefined, usual].includes(JSON.stringify(at(document, path))));
    });
    expect(missing.map(({ path }) => path.join('.'))).toEqual([]);
  });

  it('every field of a webhook and of a flow', () => {
    const webhooks = folders.flatMap((folder) => Object.keys((read(folder, 'webhooks.json') as readonly object[])[0] ?? {}));
    expect(Object.keys(configuredWebhookSchema.shape).filter((field) => !webhooks.includes(field))).toEqual([]);
    const flows = folders.flatMap((folder) => Object.keys(read(folder, 'flows/everything.json') as object));
    expect(Object.keys(flowDocumentSchema.shape).filter((field) => !flows.includes(field))).toEqual([]);
  });
});

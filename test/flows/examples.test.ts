import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../src/flow/document/check/check.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { exampleFlow } from '../support/example-flow.js';

const ids = readdirSync(new URL('../../config/flows/', import.meta.url))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

describe('the example flows', () => {
  it.each(ids)('%s has no problem, not even a warning, and is called like its file', (id) => {
    const checked = checkFlow(exampleFlow(id), {
      widgets: widgetCatalogue,
      hasDefaultWebhook: true,
      secrets: (name) => name === 'shop',
    });
    expect(checked.problems).toEqual([]);
    expect(checked.flow?.id).toBe(id);
  });

  it.each(ids)('%s explains itself', (id) => {
    expect(exampleFlow(id)['description']).toEqual(expect.stringMatching(/.{80}/));
  });
});

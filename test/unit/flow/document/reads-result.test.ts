import { describe, expect, it } from 'vitest';
import type { FlowDocument } from '../../../../src/flow/document/document.js';
import { readsResult } from '../../../../src/flow/document/reads-result.js';

const flow = (text: string): FlowDocument =>
  ({ id: 'f', name: 'F', start: 'a', widgets: { a: { type: 'set', value: text } } }) as unknown as FlowDocument;

describe('a flow reads the result of a widget', () => {
  it.each([
    'You said $widget.lookup.response_raw.',
    'size(widget.lookup.response_raw) > 2',
    'has(widget.lookup["response_raw"])',
    `widget['lookup']['response_raw'] == 'x'`,
    'widget\n .lookup\n .response_raw',
  ])('that says %j', (text) => {
    expect(readsResult(flow(text), 'lookup', 'response_raw')).toBe(true);
  });

  it.each([
    '$flow.key.response_raw',
    '$widget.lookup.response_status',
    '$widget.other.response_raw',
    '$widget.lookup2.response_raw',
    '$widget.lookup.response_raw_too',
    'lookup.response_raw',
  ])('but not one that says %j', (text) => {
    expect(readsResult(flow(text), 'lookup', 'response_raw')).toBe(false);
  });
});

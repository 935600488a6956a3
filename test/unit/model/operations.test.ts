import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/lib/json/json.js';
import type { JournalEvent } from '../../../src/model/journal.js';
import {
  answerIn,
  CALL,
  inputIn,
  isOfCall,
  keysIn,
  OPERATION_NAMES,
  operationNamed,
  requestIn,
  WEBHOOK,
} from '../../../src/model/operations.js';

const src = fileURLToPath(new URL('../../../src', import.meta.url));
const table = join('model', 'operations.ts');

describe('the table of operations', () => {
  it('is the only place of src that spells their names', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && file !== table,
    );
    const spelled = OPERATION_NAMES.filter((name) => name.includes('.')).flatMap((name) =>
      files.flatMap((file) =>
        readFileSync(join(src, file), 'utf8').includes(`'${name}'`) ? [`${relative('.', file)} ${name}`] : [],
      ),
    );
    expect(spelled).toEqual([]);
  });

  it('has every name once; the verbs of the call have its prefix', () => {
    expect(new Set(OPERATION_NAMES).size).toBe(OPERATION_NAMES.length);
    expect(Object.entries(CALL).map(([verb, { name }]) => [verb, name])).toEqual(
      Object.keys(CALL).map((verb) => [verb, `call.${verb}`]),
    );
    expect(OPERATION_NAMES.filter((name) => isOfCall({ name }))).toHaveLength(Object.keys(CALL).length);
  });

  it('an operation of a later version is known by nothing', () => {
    expect(operationNamed('call.transfer')).toEqual({});
  });

  it('requests and answers are read of entries of that operation only', () => {
    const ask: JournalEvent = { type: 'ask', step: 1, ask: 1, op: CALL.awaitKey.name, request: { keys: '1' } };
    const answer: JournalEvent = { type: 'answer', step: 1, ask: 1, op: WEBHOOK.request.name, answer: { status: 200 } };
    expect(requestIn(ask, CALL.awaitKey)?.keys).toBe('1');
    expect(requestIn(ask, CALL.play)).toBeUndefined();
    expect(answerIn(answer, WEBHOOK.request)?.status).toBe(200);
    expect(answerIn(answer, WEBHOOK.requestAside)).toBeUndefined();
  });

  it.each([
    [{ kind: 'noInput' }, { digits: '', timedOut: true }],
    [
      { kind: 'collected', digits: '12', endedBy: 'timeout' },
      { digits: '12', timedOut: true },
    ],
    [
      { kind: 'left', digits: '1' },
      { digits: '1', timedOut: false },
    ],
    [{ kind: 'failed', code: 'CALL_ENDED', message: '' }, null],
  ])('what a collect is told of as input: %j', (answer, input) => {
    expect(inputIn(CALL.collect.name, answer)).toEqual(input);
  });

  it('a key that stopped a prompt is its input and among the keys; one that was left in the buffer is not', () => {
    const told = (answer: JsonObject) => [keysIn(CALL.play.name, answer), inputIn(CALL.play.name, answer)];
    const stopped = { kind: 'interrupted', key: '#', consumed: true, ms: 1 };
    expect(told(stopped)).toEqual([[{ key: '#', at: null }], { digits: '#', timedOut: false }]);
    expect(told({ ...stopped, consumed: false })).toEqual([[], null]);
  });

  it.each([7, null, 'x', {}, { keys: 7 }, { kind: 'collected', digits: 7 }])('of nonsense there is nothing: %j', (answer) => {
    expect(OPERATION_NAMES.flatMap((name) => keysIn(name, answer))).toEqual([]);
    expect(OPERATION_NAMES.filter((name) => inputIn(name, answer) !== null)).toEqual([]);
  });
});

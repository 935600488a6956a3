import { expect, it } from 'vitest';
import { liveAnswers } from '../../../../src/flow/engine/answer-source.js';
import { JournaledPorts } from '../../../../src/flow/engine/journaled-ports.js';
import { openScope } from '../../../../src/flow/engine/step-scope.js';
import type { JournalEvent } from '../../../../src/model/journal.js';

it('a verb that the port does not have is thrown as a defect, and no answer is journalled', async () => {
  const events: JournalEvent[] = [];
  const ports = new JournaledPorts({
    ports: { call: {}, webhook: {}, functions: {}, users: {} } as never,
    answers: liveAnswers,
    journal: (event) => events.push(event),
    maskedTexts: () => [],
    collected: () => undefined,
    hungUp: () => undefined,
    isUp: () => true,
    promptFailed: () => undefined,
    stray: () => undefined,
  });
  const { call } = ports.bind(openScope(1, new AbortController().signal));
  await expect(call.answer()).rejects.toThrow(TypeError);
  expect(events.map(({ type }) => type)).toEqual(['ask']);
});

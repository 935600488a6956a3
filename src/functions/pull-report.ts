import { z } from 'zod';
import { readDate, shiftDate, type Moment } from '../lib/dates.js';
import { ok } from '../lib/result.js';
import { contactFor } from './contract/contact.js';
import { contactInput, textInput } from './contract/fields.js';
import { defineFunction, failure, type FunctionContext, type FunctionOutcome } from './contract/function.js';
import { readInputDate } from './contract/input-date.js';

const inputs = z.object({
  callId: textInput(128).optional().describe('Report of this call.'),
  contactNumber: contactInput
    .optional()
    .describe(
      'Report of the last call of this number; with `from`, only its calls are counted. The caller when nothing else is given.',
    ),
  from: textInput(64).optional().describe('Counts the calls from this date on, e.g. `2026-11-01` or `today`.'),
  to: textInput(64).optional().describe('… to this date: a day is counted whole, a time is not included. Now when absent.'),
  flowId: textInput(64).optional().describe('With `from`: counts the calls of this flow only.'),
});

type Inputs = z.output<typeof inputs>;

/** Reads reports of past calls. */
export const pullReport = defineFunction({
  name: 'Pullreport',
  summary: 'Reads the report of a past call, or counts the calls of a period.',
  docs: `With \`callId\`, or with a number, \`$flow.key.report\` is the native report of that call as it would be posted at its end. With \`from\` it
is an object of counts: \`calls\`, \`answered\`, \`live\`, \`talkSeconds\`, and \`endedBy\` with a number for each of \`caller\`, \`flow\`, \`network\` and so on.
Dates are read in the flow's time zone. A call that does not exist is no failure: \`$flow.key.reportFound\` is false.`,
  inputs,
  outputs: {
    '$flow.key.reportFound': 'true when there is a report',
    '$flow.key.report': 'the report or the counts, an object; empty when there is none',
  },
  example: [{ name: '$flow.key.from', value: 'today' }],
  async run(given, context) {
    if (given.callId === undefined && given.from !== undefined) return countCalls(given, given.from, context);
    const { calls } = context.services;
    let id: string | null = given.callId ?? null;
    if (id === null) {
      const contact = contactFor(given.contactNumber, context);
      if (!contact.ok) return contact;
      id = await calls.lastCallOf(contact.value);
    }
    const report = id === null ? null : await calls.report(id);
    return ok({ '$flow.key.reportFound': report !== null, '$flow.key.report': report ?? {} });
  },
});

async function countCalls(given: Inputs, fromText: string, context: FunctionContext): Promise<FunctionOutcome> {
  const dates = { zone: context.timeZone, now: () => context.now() };
  const from = readInputDate(fromText, dates);
  if (!from.ok) return failure('FUNCTION_BAD_INPUT', `from: ${from.error}`);
  const to = given.to === undefined ? readDate('now', dates) : readInputDate(given.to, dates);
  if (!to.ok) return failure('FUNCTION_BAD_INPUT', `to: ${to.error}`);
  const period = {
    from: from.value.at.epochMilliseconds,
    to: endOf(to.value),
    ...(given.contactNumber !== undefined && { contact: given.contactNumber }),
    ...(given.flowId !== undefined && { flow: given.flowId }),
  };
  if (period.to <= period.from) return failure('FUNCTION_BAD_INPUT', 'the period ends before it begins');
  const { talkMs, endedBy, ...counts } = await context.services.calls.counts(period);
  const report = { ...counts, talkSeconds: Math.round(talkMs / 1000), endedBy: { ...endedBy } };
  return ok({ '$flow.key.reportFound': true, '$flow.key.report': report });
}

/** A date without a time of day means that whole day. */
function endOf(moment: Moment): number {
  const next = moment.dateOnly ? shiftDate(moment, 1, 'days') : ok(moment);
  return (next.ok ? next.value : moment).at.epochMilliseconds;
}

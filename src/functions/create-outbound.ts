import { z } from 'zod';
import { textInput, wholeInput } from './contract/fields.js';
import { defineFunction, failure } from './contract/function.js';

const WHY = 'calls cannot be placed yet';

/** Would place outbound calls (docs/behaviour.md#create-outbound). */
export const createOutbound = defineFunction({
  name: 'createOutbound',
  summary: 'Places calls to a list of numbers. Not yet: this runtime answers calls and places none.',
  docs: `Its inputs and outputs are fixed, so that flows can be prepared. Until calls can be placed every use fails with \`FUNCTION_NOT_AVAILABLE\`, and the
flow checker warns of it.`,
  inputs: z.object({
    apiVersion: textInput(10).default('1.0').describe('`1.0`.'),
    securityID: textInput(64).optional().describe('Taken for compatibility.'),
    flowID: textInput(64).describe('Flow that the called party walks through.'),
    clientID: textInput(64).optional().describe('Comes back in the report.'),
    delayMinutes: wholeInput(0, 525_600).default(0).describe('Minutes from now.'),
    contactNumbers: textInput(10_000).describe('Numbers with commas between them.'),
  }),
  outputs: {
    '$flow.key.obdResponseCode': '200 when the calls are scheduled',
    '$flow.key.obdReqID': 'id of the request',
    '$flow.key.obdPhononUUID': 'id of the batch',
  },
  example: [
    { name: '$flow.syskey.apiVersion', value: '1.0' },
    { name: '$flow.syskey.flowID', value: 'callback' },
    { name: '$flow.syskey.contactNumbers', value: '+15551230001' },
  ],
  unavailable: WHY,
  run: () => failure('FUNCTION_NOT_AVAILABLE', WHY),
});

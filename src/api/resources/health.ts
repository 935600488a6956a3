import { z } from 'zod';
import type { ApiContext } from '../context.js';
import { operation, type Operation } from '../operation.js';
import { json } from '../reply.js';
import { noParams } from '../schemas.js';

const health = (): Operation =>
  operation({
    id: 'health',
    method: 'get',
    path: '/health',
    tag: 'Health',
    summary: 'Whether the process lives.',
    access: 'open',
    vital: true,
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
    handle: () => json({ status: 'ok' }),
  });

const ready = ({ ports }: ApiContext): Operation =>
  operation({
    id: 'ready',
    method: 'get',
    path: '/ready',
    tag: 'Health',
    summary: 'Whether new calls should be sent here.',
    access: 'open',
    vital: true,
    params: noParams,
    query: noParams,
    answers: {
      200: { description: 'Yes.', schema: z.object({ ready: z.boolean(), reasons: z.array(z.string()) }) },
      503: { description: 'No, and why.', schema: z.object({ ready: z.boolean(), reasons: z.array(z.string()) }) },
    },
    handle() {
      const reasons = ports.status.notReady();
      return json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
    },
  });

/** Whether the process lives, and whether it takes calls. */
export function healthOperations(context: ApiContext): readonly Operation[] {
  return [health(), ready(context)];
}

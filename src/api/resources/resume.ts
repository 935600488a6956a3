import { z } from 'zod';
import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json, throttled, type Reply } from '../http/reply.js';
import type { DeferredAnswer } from '../../model/deferred-answer.js';

/** The webhooks that may be answered later, by the token of their resume URL. */
export interface ApiResumes {
  find(token: string): 'waiting' | 'gone' | 'unknown';
  take(token: string, answer: DeferredAnswer): 'taken' | 'gone' | 'unknown' | 'too-large';
}

/** What is asked when an answer comes later. */
export interface ResumePorts {
  readonly resumes: ApiResumes;
}

const refusals: Readonly<Record<'gone' | 'unknown' | 'too-large', () => Reply>> = {
  gone: () => failure(410, 'API_RESUME_GONE'),
  unknown: () => failure(404, 'API_NOT_FOUND', 'This resume URL does not exist.'),
  'too-large': () => failure(413, 'API_TOO_LARGE', 'The answer is larger than the webhook allows.'),
};

async function unknown(wrongTokens: ApiContext<ResumePorts>['wrongTokens'], address: string): Promise<Reply> {
  if (await wrongTokens.tooMany(address)) return throttled('This address tried too many wrong resume URLs.');
  return refusals.unknown();
}

const resumeWebhook = ({ ports, wrongTokens }: ApiContext<ResumePorts>): ApiOperation =>
  operation({
    id: 'resumeWebhook',
    method: 'post',
    path: '/resume/{token}',
    tag: 'Webhooks',
    summary:
      'Takes the deferred answer of a service that first answered 202. The URL came with the request, in X-Offhook-Resume-Url.',
    access: 'open',
    vital: true,
    params: z.strictObject({ token: z.string().max(200) }),
    query: z.strictObject({
      status: z
        .string()
        .regex(/^[2-5]\d\d$/, 'expected a status from 200 to 599')
        .transform(Number)
        .meta({ override: { type: 'integer', minimum: 200, maximum: 599 } })
        .optional()
        .describe('HTTP status of the answer. Absent: 200.'),
    }),
    body: {
      description: 'The answer, of any content type. Offhook reads it as if the service had sent it at once.',
      schema: z.string(),
      raw: true,
    },
    answers: {
      202: { description: 'Accepted. The call goes on with it.' },
      404: { description: 'No such resume URL.' },
      410: { description: 'The URL was used already, its time is over, or its call has ended.' },
      413: { description: 'The answer is too large. The URL still takes a smaller one.' },
      429: { description: 'This address tried too many URLs that do not exist.' },
    },
    early({ token }, _key, address) {
      const found = ports.resumes.find(token);
      if (found === 'waiting') return null;
      return found === 'unknown' ? unknown(wrongTokens, address) : refusals[found]();
    },
    handle({ params: { token }, query: { status = 200 }, contentType, bytes }) {
      const outcome = ports.resumes.take(token, { status, contentType, body: bytes });
      return outcome === 'taken' ? json({ taken: true }, 202) : refusals[outcome]();
    },
  });

/** Where services answer later: no key is needed, the URL is the secret. */
export function resumeOperations(context: ApiContext<ResumePorts>): readonly ApiOperation[] {
  return [resumeWebhook(context)];
}

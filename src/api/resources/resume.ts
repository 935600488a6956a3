import { z } from 'zod';
import type { ApiContext } from './context.js';
import { operation, type Operation } from '../http/operation.js';
import { failure, json, throttled, type Reply } from '../http/reply.js';
import type { LateAnswer } from '../../model/late-answer.js';

/** The webhooks that may be answered later, by the token of their resume URL. */
export interface ApiResumes {
  find(token: string): 'waiting' | 'gone' | 'unknown';
  take(token: string, answer: LateAnswer): 'taken' | 'gone' | 'unknown' | 'too-large';
}

/** What is asked when an answer comes later. */
export interface ResumePorts {
  readonly resumes: ApiResumes;
}

const refusals: Readonly<Record<'gone' | 'unknown' | 'too-large', () => Reply>> = {
  gone: () => failure(410, 'API_RESUME_GONE'),
  unknown: () => failure(404, 'API_NOT_FOUND', 'There is no such resume URL.'),
  'too-large': () => failure(413, 'API_TOO_LARGE', 'The answer is larger than the webhook takes.'),
};

async function unknown(wrongTokens: ApiContext<ResumePorts>['wrongTokens'], address: string): Promise<Reply> {
  if (await wrongTokens.tooMany(address)) return throttled('This address tried too many wrong resume URLs.');
  return refusals.unknown();
}

const resumeWebhook = ({ ports, wrongTokens }: ApiContext<ResumePorts>): Operation =>
  operation({
    id: 'resumeWebhook',
    method: 'post',
    path: '/resume/{token}',
    tag: 'Webhooks',
    summary: 'The answer of a service that answered 202 before; the URL comes with its request, in X-Offhook-Resume-Url.',
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
        .describe('Status the answer stands for; 200 when absent.'),
    }),
    body: {
      description: 'The answer, of any content type: read as if the service had sent it at once.',
      schema: z.string(),
      raw: true,
    },
    answers: {
      202: { description: 'Taken; the call goes on with it.' },
      404: { description: 'No such resume URL.' },
      410: { description: 'The URL was used already, or nobody waits at it any more: its time or its call is over.' },
      413: { description: 'Too large; the URL still takes a smaller answer.' },
      429: { description: 'This address tried too many URLs that there never were.' },
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
export function resumeOperations(context: ApiContext<ResumePorts>): readonly Operation[] {
  return [resumeWebhook(context)];
}

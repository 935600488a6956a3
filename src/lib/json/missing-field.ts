import type { z } from 'zod';

/** Error map for `safeParse`: says which field is missing, where the schema would say that it got `undefined`. A sentence less its full stop. */
export const missingField: z.core.$ZodErrorMap = (issue) =>
  issue.code === 'invalid_type' && issue.input === undefined
    ? `The field ${String(issue.path?.at(-1) ?? '')} is missing`
    : undefined;

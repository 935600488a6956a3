import { ok, type Result } from '../../lib/result.js';
import { isWithheld } from '../../lib/withheld.js';
import { failure, type FunctionContext, type FunctionFailure } from './function.js';

/** Whose data a function is about: the number that was given, else the caller. */
export function contactFor(
  given: string | undefined,
  { caller }: Pick<FunctionContext, 'caller'>,
): Result<string, FunctionFailure> {
  const contact = given ?? caller;
  if (contact !== null && contact !== '') return isWithheld(contact) ? withheld() : ok(contact);
  return failure('FUNCTION_BAD_INPUT', 'contactNumber is missing, and there is no caller whose number could be taken');
}

/** The failure for a number that nothing is kept for. */
export function withheld() {
  return failure('FUNCTION_BAD_INPUT', 'the number is withheld; nothing is kept for callers that cannot be told apart');
}

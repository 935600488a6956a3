import type { z } from 'zod';
import type { FunctionCatalogue, FunctionDefinition } from './contract/function.js';
import { createOutbound } from './create-outbound.js';
import { dateCompare } from './date-compare.js';
import { fetchUserPreferences } from './fetch-user-preferences.js';
import { findLanguage } from './find-language.js';
import { getFlowVariables } from './get-flow-variables.js';
import { linkCreation } from './link-creation.js';
import { pullReport } from './pull-report.js';
import { translateText } from './translate-text.js';
import { updatePauseStatus } from './update-pause-status.js';
import { updateUserPreferences } from './update-user-preferences.js';
import { validateDateAndTime } from './validate-date-and-time.js';

/** A function whose input type is no longer known; its own schema has read whatever reaches it. */
function erased<I extends z.ZodObject>(definition: FunctionDefinition<I>): FunctionDefinition {
  return definition;
}

const functions: readonly FunctionDefinition[] = [
  erased(validateDateAndTime),
  erased(dateCompare),
  erased(fetchUserPreferences),
  erased(updateUserPreferences),
  erased(getFlowVariables),
  erased(linkCreation),
  erased(findLanguage),
  erased(translateText),
  erased(pullReport),
  erased(updatePauseStatus),
  erased(createOutbound),
];

/** Every function Offhook has (docs/behaviour.md#functions-there-are), in the order of the reference page. */
export const functionCatalogue: FunctionCatalogue = new Map(functions.map((definition) => [definition.name, definition]));

/** Codes of widgets; part of `CODES`. */
export const WIDGETS_CODES = {
  EXPRESSION_FAILED: {
    meaning: 'An expression could not be evaluated.',
    advice: 'Correct it, or make sure that its variables have values of the right type before this widget.',
  },
  VALUE_NOT_A_NUMBER: {
    meaning: 'A calculation has a value that is not a number.',
    advice: 'Check the value with a condition (isType number) before this widget, or wire its failed exit.',
  },
  VALUE_NOT_A_DATE: {
    meaning: 'A value is not a date in the expected format.',
    advice: 'Use ISO 8601, or give the format of the value. If callers enter the value, wire the failed exit.',
  },
  VALUE_NOT_JSON: {
    meaning: 'A value is not JSON of the expected type.',
    advice: 'Check where the value comes from.',
  },
  VALUE_NOT_BASE64: {
    meaning: 'A value is not valid Base64.',
    advice: 'Check where the value comes from.',
  },
  VALUE_NOT_FOUND: {
    meaning: 'A text, list or object has nothing at that position or path.',
    advice: 'Check the path or position, or wire the failed exit.',
  },
  VALUE_TOO_LONG: {
    meaning: 'A text is too long for this operation.',
    advice: 'Shorten it first. An operation takes at most 65,536 characters and gives at most 1,048,576.',
  },
  NUMBER_OUT_OF_RANGE: {
    meaning: 'A calculation has no result that Offhook can keep, e.g. a division by zero.',
    advice: 'Check the numbers with a condition before this widget, or wire its failed exit.',
  },
} as const;

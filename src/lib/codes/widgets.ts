/** Codes of widgets; part of `CODES`. */
export const WIDGETS_CODES = {
  EXPRESSION_FAILED: {
    meaning: 'An expression could not be evaluated.',
    advice: 'Correct it, or make sure that its variables have values of the right type before this widget.',
  },
  VALUE_NOT_A_NUMBER: {
    meaning: 'A value that is calculated with is not a number.',
    advice: 'Check it with a condition (isType number) before this widget, or wire its failed exit.',
  },
  VALUE_NOT_A_DATE: {
    meaning: 'A value is not a date of the expected form.',
    advice: 'Use ISO 8601, or give the form it is written in; wire the failed exit if callers enter it.',
  },
  VALUE_NOT_JSON: {
    meaning: 'A value is not JSON of the expected type.',
    advice: 'Check where the value comes from.',
  },
  VALUE_NOT_BASE64: {
    meaning: 'A value is not text in Base64.',
    advice: 'Check where the value comes from.',
  },
  VALUE_NOT_FOUND: {
    meaning: 'There is nothing at that place of a text, list or object.',
    advice: 'Check the path or position, or wire the failed exit.',
  },
  VALUE_TOO_LONG: {
    meaning: 'A text is too long for this operation.',
    advice: 'Shorten it first; an operation takes 65,536 characters and gives 1,048,576.',
  },
  NUMBER_OUT_OF_RANGE: {
    meaning: 'A calculation has no result that can be kept, e.g. a division by zero.',
    advice: 'Check the numbers with a condition before this widget, or wire its failed exit.',
  },
} as const;

/** What the caller hears when nothing caught an error and the site has no words of its own. `language`: BCP 47. */
export const DEFAULT_GOODBYE = {
  text: 'We are sorry, something went wrong. Please call again later. Goodbye.',
  language: 'en-US',
} as const;

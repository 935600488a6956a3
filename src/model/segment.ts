/** A piece of a prompt, with every variable already put in. */
export type Segment =
  | {
      readonly kind: 'say';
      readonly text: string;
      /** BCP 47 tag; the flow's default language when absent. */
      readonly language?: string;
      readonly voice?: string;
      /** The text holds masked digits: never cached on disk, never logged. */
      readonly private?: boolean;
    }
  /** A file below the configuration's `prompts/` folder. */
  | { readonly kind: 'file'; readonly file: string }
  /** An http(s) URL, fetched through the guarded client and cached. */
  | {
      readonly kind: 'url';
      readonly url: string;
      /** Why it is not fetched, as a sentence part: a variable would decide where the request goes. */
      readonly refused?: string;
    };

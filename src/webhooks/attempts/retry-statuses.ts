/**
 * Statuses after which another try may do better: the server, or something before it, says that it may be different in a moment. RFC 9110
 * §15.6 and RFC 6585 §4 (429); 520 to 524, 527 and 530 are those of Cloudflare for a server behind it that does not answer, 529 that of
 * services which are overloaded. Not 525 and 526: a certificate is the same in a moment.
 */
export const RETRY_STATUSES: readonly number[] = [429, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530];

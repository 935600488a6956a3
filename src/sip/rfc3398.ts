/*
 * SIP status ↔ Q.850 cause, after RFC 3398 §7.2.4.1 and §8.2.6.1 (docs/behaviour.md#hangup-causes).
 */

/** Q.850 causes Offhook itself gives. */
export const CAUSE = {
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  CALL_REJECTED: 21,
  NETWORK_OUT_OF_ORDER: 38,
  TEMPORARY_FAILURE: 41,
  INCOMPATIBLE_DESTINATION: 88,
  TIMER_EXPIRY: 102,
  INTERWORKING: 127,
} as const;

const CAUSE_OF_STATUS: ReadonlyMap<number, number> = new Map([
  ...pairs(CAUSE.TEMPORARY_FAILURE, 400, 481, 500, 503),
  ...pairs(CAUSE.CALL_REJECTED, 401, 403, 407, 603),
  ...pairs(1, 404, 485, 604),
  ...pairs(63, 405),
  ...pairs(CAUSE.TIMER_EXPIRY, 408, 504),
  ...pairs(22, 410),
  ...pairs(79, 415, 501),
  ...pairs(18, 480),
  ...pairs(25, 482, 483),
  ...pairs(28, 484),
  ...pairs(CAUSE.USER_BUSY, 486, 600),
  ...pairs(38, 502),
]);

const STATUS_OF_CAUSE: ReadonlyMap<number, number> = new Map([
  ...pairs(404, 1, 2, 3, 26),
  ...pairs(480, 16, 19, 20, 31),
  ...pairs(486, 17),
  ...pairs(408, 18),
  // RFC 3398 offers 403, or 603 when the cause's location is "user"; an application that declines is the user.
  ...pairs(603, 21),
  ...pairs(410, 22, 23),
  ...pairs(502, 27),
  ...pairs(484, 28),
  ...pairs(501, 29, 79),
  ...pairs(503, 34, 38, 41, 42, 47, 58, 63, 88),
  ...pairs(403, 55, 57, 87),
  ...pairs(488, 65, 70),
  ...pairs(504, 102),
]);

/** Both tables are many-to-one: `value` for each of `keys`. */
function pairs(value: number, ...keys: readonly number[]): readonly (readonly [number, number])[] {
  return keys.map((key) => [key, value] as const);
}

/** The Q.850 cause that belongs to a final SIP status; 16 for 2xx, 127 for those the table does not name. */
export function causeOfStatus(status: number): number {
  if (status >= 200 && status < 300) return CAUSE.NORMAL_CLEARING;
  return CAUSE_OF_STATUS.get(status) ?? CAUSE.INTERWORKING;
}

/** The SIP status that refuses an unanswered INVITE for a Q.850 cause; 500 for causes the table does not name. */
export function statusOfCause(cause: number): number {
  return STATUS_OF_CAUSE.get(cause) ?? 500;
}

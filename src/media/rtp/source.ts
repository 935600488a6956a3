/** An address and port packets come from. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

export function isSame(one: Source, other: Source): boolean {
  return one.address === other.address && one.port === other.port;
}

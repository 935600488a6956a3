/** A JSON path: `$.widgets.ask.exits['no input']`, `$.prompt[0].say`. */
export function jsonPath(base: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    const name = String(key);
    return /^[A-Za-z_$][\w$-]*$/.test(name) ? `${path}.${name}` : `${path}['${name.replaceAll("'", "\\'")}']`;
  }, base);
}

/** Remembers what is slow to make and the same for the same key; forgets everything when it holds `limit` things. */
export function remembered<Value>(make: (key: string) => Value, limit = 500): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = make(key);
    if (known.size >= limit) known.clear();
    known.set(key, made);
    return made;
  };
}

/** What is made of a text that comes again and again, kept for the newest `most` of them: the texts come from users. */
export function remembered<V>(most: number, make: (key: string) => V): (key: string) => V {
  const values = new Map<string, V>();
  return (key) => {
    const known = values.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    values.set(key, value);
    if (values.size > most) {
      const [oldest] = values.keys();
      values.delete(oldest!);
    }
    return value;
  };
}

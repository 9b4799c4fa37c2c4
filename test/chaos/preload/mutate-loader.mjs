// The loader behind mutate.mjs. A text that is not found is an error: a mutation that does nothing would be "caught" by nothing.
let mutation;

export function initialize(data) {
  mutation = data;
}

export async function load(url, context, next) {
  const loaded = await next(url, context);
  const edits = mutation.edits.filter(({ module }) => url.endsWith(`/dist/${module}`));
  if (edits.length === 0) return loaded;
  let text = Buffer.from(loaded.source).toString('utf8');
  for (const { find, replace } of edits) {
    if (!text.includes(find)) throw new Error(`${url} does not hold: ${find}`);
    text = text.replace(find, () => replace);
  }
  return { ...loaded, source: text };
}

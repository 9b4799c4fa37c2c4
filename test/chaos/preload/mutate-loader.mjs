// The loader behind mutate.mjs. A text that is not found is an error: a mutation that does nothing would be "caught" by nothing.
let mutation;

export function initialize(data) {
  mutation = data;
}

export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.endsWith(`/dist/${mutation.module}`)) return loaded;
  const text = Buffer.from(loaded.source).toString('utf8');
  if (!text.includes(mutation.find)) throw new Error(`${url} does not hold: ${mutation.find}`);
  return { ...loaded, source: text.replace(mutation.find, mutation.replace) };
}

// Imported before a worker, with a mutation in its query: changes the text of one module as it is loaded.
import { register } from 'node:module';

register('./mutate-loader.mjs', {
  parentURL: import.meta.url,
  data: JSON.parse(Buffer.from(new URL(import.meta.url).search.slice(1), 'base64url').toString('utf8')),
});

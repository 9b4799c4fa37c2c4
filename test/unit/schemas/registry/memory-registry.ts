/** A registry in memory, for the stub to answer by. */
import { type Answer, json, notKnown } from './stub-registry.js';

/** A registry in memory, as strict as Apicurio and Confluent's: texts are compared unless asked to normalize. */
export class MemoryRegistry {
  readonly schemas: string[] = [];
  readonly versions = new Map<string, string[]>();
  /** By subject; the registry's own under the empty one. */
  readonly levels = new Map([['', 'BACKWARD']]);

  readonly answer: Answer = ({ method, path, body }, response) => {
    const [, area, subject = '', versions] = path.split(/[/?]/);
    const input = (body === '' ? {} : JSON.parse(body)) as { schema?: string; compatibility?: string };
    if (area === 'config' && method === 'PUT') {
      this.levels.set(subject, input.compatibility ?? '');
      json(response, 200, input);
    } else if (area === 'config') {
      const level = this.levels.get(subject);
      if (level === undefined) json(response, 404, { error_code: 40408, message: `Subject '${subject}' has no level` });
      else json(response, 200, { compatibilityLevel: level });
    } else if (method === 'POST' && versions === 'versions') {
      json(response, 200, { id: this.add(subject, input.schema ?? '') });
    } else if (method === 'POST') {
      const same = path.endsWith('normalize=true') ? normal : (text: string) => text;
      const found = this.versions.get(subject)?.find((text) => same(text) === same(input.schema ?? ''));
      if (found === undefined) notKnown(response);
      else json(response, 200, { id: this.schemas.indexOf(found) + 1 });
    } else {
      const latest = this.versions.get(subject)?.at(-1);
      if (latest === undefined) notKnown(response);
      else json(response, 200, { id: this.schemas.indexOf(latest) + 1, schema: latest });
    }
  };

  add(subject: string, schema: string): number {
    if (!this.schemas.includes(schema)) this.schemas.push(schema);
    this.versions.set(subject, [...(this.versions.get(subject) ?? []), schema]);
    return this.schemas.indexOf(schema) + 1;
  }
}

const normal = (text: string) => JSON.stringify(JSON.parse(text));

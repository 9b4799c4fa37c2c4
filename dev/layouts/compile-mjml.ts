/** An e-mail layout's HTML, made of its MJML. What Handlebars replaces stays as it is. */
import mjml2html from 'mjml';

/** `name`: the MJML's file. Throws with every fault that MJML finds, each with file and line. */
export async function compileMjml(mjml: string, name: string): Promise<string> {
  // No fonts from the web: mail programs load them late or never.
  const { html, errors } = await mjml2html(mjml, { fonts: {}, keepComments: false, ignoreIncludes: true });
  if (errors.length > 0)
    throw new Error(errors.map((fault) => `${name}: line ${fault.line}: ${fault.message}`).join('\n'));
  const note = `{{!-- Made of ${name}: change that, then run \`npm run layouts:generate\`. --}}`;
  return `${[note, ...linesOf(html)].join('\n')}\n`;
}

/** Without indentation, which would be half of what is sent. */
function linesOf(html: string): string[] {
  return html
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Avro's decimal as avsc's logical type: a text, see decimal.ts. */
import avsc from 'avsc';
import type { AvroComplex } from './avro-schema.js';
import { decimalBytes, decimalScale, decimalText } from './decimal.js';

export class DecimalType extends avsc.types.LogicalType {
  readonly #scale: number;
  readonly #size: number | undefined;

  /** Throws where Avro's specification wants the bytes instead; avsc takes them then. */
  constructor(schema: avsc.Schema, options: object) {
    super(schema, options);
    const complex = schema as unknown as AvroComplex;
    const scale = decimalScale({ ...complex });
    if (scale === undefined || (complex.type !== 'bytes' && complex.type !== 'fixed'))
      throw new Error('no valid decimal');
    this.#scale = scale;
    this.#size = complex.type === 'fixed' ? complex.size : undefined;
  }

  protected override _fromValue(bytes: Buffer | undefined): string {
    // Behind the end of the buffer avsc reads nothing, and finds out afterwards.
    return bytes === undefined ? '' : decimalText(bytes, this.#scale);
  }

  protected override _toValue(text: unknown): Buffer | undefined {
    return typeof text === 'string' ? decimalBytes(text, this.#scale, this.#size) : undefined;
  }
}

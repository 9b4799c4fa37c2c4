import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The Confluent wire format with an Avro body, field by field as the schema has them: no library, and no code of a contender. */
final class Wire {
    private Wire() {}

    /** Writes one value. */
    static final class Writer {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);

        Writer(int schemaId) {
            bytes.write(0);
            bytes.writeBytes(ByteBuffer.allocate(4).putInt(schemaId).array());
        }

        Writer number(long value) {
            long left = value << 1 ^ value >> 63;
            for (; (left & ~0x7fL) != 0; left >>>= 7) {
                bytes.write((int) (left & 0x7f | 0x80));
            }
            bytes.write((int) left);
            return this;
        }

        Writer text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            number(utf8.length);
            bytes.writeBytes(utf8);
            return this;
        }

        /** The second branch of a union of null and text; null is the first. */
        Writer optional(String value) {
            return value == null ? number(0) : number(1).text(value);
        }

        Writer texts(String... values) {
            if (values.length > 0) {
                number(values.length);
                for (String value : values) {
                    text(value);
                }
            }
            return number(0);
        }

        byte[] value() {
            return bytes.toByteArray();
        }
    }

    /** Reads one value; throws a RuntimeException where it is not what is asked for. */
    static final class Reader {
        private final ByteBuffer bytes;

        Reader(byte[] value, int schemaId) {
            bytes = ByteBuffer.wrap(value);
            if (bytes.get() != 0) {
                throw new IllegalArgumentException("no magic byte");
            }
            int id = bytes.getInt();
            if (id != schemaId) {
                throw new IllegalArgumentException("schema " + id + " instead of " + schemaId);
            }
        }

        long number() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = bytes.get();
                value |= (next & 0x7fL) << shift;
                if (next >= 0) {
                    return value >>> 1 ^ -(value & 1);
                }
            }
        }

        String text() {
            byte[] utf8 = new byte[Math.toIntExact(number())];
            bytes.get(utf8);
            return new String(utf8, StandardCharsets.UTF_8);
        }

        String optional() {
            return number() == 0 ? null : text();
        }

        Long optionalNumber() {
            return number() == 0 ? null : number();
        }

        /** The texts of an array, each followed by a comma. */
        String texts() {
            StringBuilder found = new StringBuilder();
            for (long left = blockLength(); left != 0; left = blockLength()) {
                for (; left > 0; left--) {
                    found.append(text()).append(',');
                }
            }
            return found.toString();
        }

        Map<String, String> map() {
            Map<String, String> found = new LinkedHashMap<>();
            for (long left = blockLength(); left != 0; left = blockLength()) {
                for (; left > 0; left--) {
                    found.put(text(), text());
                }
            }
            return found;
        }

        /** Of an array's or a map's next block; a negative one is followed by its size in bytes. */
        long blockLength() {
            long length = number();
            if (length < 0) {
                number();
            }
            return Math.abs(length);
        }

        void end() {
            if (bytes.hasRemaining()) {
                throw new IllegalArgumentException(bytes.remaining() + " bytes too many");
            }
        }
    }
}

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.DecoderFactory;

/**
 * Reads Avro values with Avro's own library, as Confluent's deserializer does: without a look at defaults and names, nor at what
 * stands behind the value.
 *
 * A line of standard input: body TAB reader's schema TAB writer's schema TAB schema that it refers to..., each in
 * base64. A line of standard output for each: the value as JSON, with {"long": "1"} for a long and {"double": bits in
 * hex} for a double; or "!schema MESSAGE" where the writer's is none; or "!value MESSAGE" where the value is not read.
 */
public final class AvroReader {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(line.split("\t", -1)));
        }
        out.flush();
    }

    private static String answer(String[] fields) {
        Schema reader = new Schema.Parser().parse(text(fields[1]));
        Schema writer;
        try {
            writer = parse(fields);
        } catch (RuntimeException none) {
            return "!schema " + oneLine(none);
        }
        try {
            byte[] body = Base64.getDecoder().decode(fields[0]);
            Object value = new GenericDatumReader<Object>(writer, reader).read(null, DecoderFactory.get().binaryDecoder(body, null));
            StringBuilder json = new StringBuilder();
            write(value, json);
            return json.toString();
        } catch (IOException | RuntimeException | VirtualMachineError unread) {
            return "!value " + oneLine(unread);
        }
    }

    private static Schema parse(String[] fields) {
        Schema.Parser parser = new Schema.Parser(NameValidator.NO_VALIDATION);
        parser.setValidateDefaults(false);
        for (int index = 3; index < fields.length; index++) {
            parser.parse(text(fields[index]));
        }
        return parser.parse(text(fields[2]));
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private static String oneLine(Throwable error) {
        return error.toString().replaceAll("[^ -~]+", " ");
    }

    private static void write(Object value, StringBuilder json) {
        if (value == null || value instanceof Boolean) {
            json.append(value);
        } else if (value instanceof Long) {
            json.append("{\"long\":\"").append(value).append("\"}");
        } else if (value instanceof Double number) {
            json.append("{\"double\":\"").append(Long.toHexString(Double.doubleToLongBits(number))).append("\"}");
        } else if (value instanceof CharSequence) {
            string(value.toString(), json);
        } else if (value instanceof IndexedRecord record) {
            Map<String, Object> fields = new TreeMap<>();
            for (Schema.Field field : record.getSchema().getFields()) {
                fields.put(field.name(), record.get(field.pos()));
            }
            object(fields, json);
        } else if (value instanceof Map<?, ?> map) {
            Map<String, Object> entries = new TreeMap<>();
            map.forEach((key, entry) -> entries.put(key.toString(), entry));
            object(entries, json);
        } else if (value instanceof Collection<?> items) {
            json.append('[');
            String comma = "";
            for (Object item : items) {
                json.append(comma);
                write(item, json);
                comma = ",";
            }
            json.append(']');
        } else {
            throw new IllegalArgumentException("no record of ours has a " + value.getClass());
        }
    }

    private static void object(Map<String, Object> entries, StringBuilder json) {
        json.append('{');
        String comma = "";
        for (Map.Entry<String, Object> entry : entries.entrySet()) {
            json.append(comma);
            string(entry.getKey(), json);
            json.append(':');
            write(entry.getValue(), json);
            comma = ",";
        }
        json.append('}');
    }

    /** A JSON string in plain ASCII: everything else is escaped. */
    private static void string(String value, StringBuilder json) {
        json.append('"');
        for (char one : value.toCharArray()) {
            if (one >= ' ' && one < 127 && one != '"' && one != '\\') {
                json.append(one);
            } else {
                json.append(String.format("\\u%04x", (int) one));
            }
        }
        json.append('"');
    }
}

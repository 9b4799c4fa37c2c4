import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Judges what a contender has committed: each expected output exactly once, every field as the contract says, and as
 * dead letters exactly the malformed records, with their original bytes.
 *
 * <pre>
 * Verify BROKERS PREFIX SEED RECORDS TASK_SCHEMA_ID UNKNOWN_SCHEMA_ID IN_APP_ID EMAIL_ID PUSH_ID DELIVERED_ID
 * </pre>
 *
 * One JSON object on standard output. Times are those of the topics' appends, in milliseconds since 1970.
 */
public final class Verify {
    private static final int EXAMPLES = 5;
    private static final int DEAD_LETTER = Output.values().length;

    private final Workload workload;
    private final int[] schemaIds;
    private final int events;
    /** By event, a bit for each output that was seen, and one for its dead letter. */
    private final byte[] seen;
    private final long[] notificationIds;
    private final List<String> faults = new ArrayList<>();
    private final BitSet appendTimes = new BitSet();
    private long firstAppend = -1;
    private long missing;
    private long repeated;
    private long wrong;
    private long outputs;
    private long deadLetters;

    public static void main(String[] args) {
        int[] ids = Arrays.stream(args, 4, 10).mapToInt(Integer::parseInt).toArray();
        Workload workload = new Workload(Long.parseLong(args[2]), ids[0], ids[1]);
        Verify verify = new Verify(workload, Integer.parseInt(args[3]), Arrays.copyOfRange(ids, 2, 6));
        verify.read(args[0], args[1]);
        verify.judge();
        verify.print();
    }

    private Verify(Workload workload, int records, int[] schemaIds) {
        this.workload = workload;
        this.schemaIds = schemaIds;
        this.events = workload.forEach(records, (partition, key, value) -> { });
        this.seen = new byte[events];
        this.notificationIds = new long[events];
        Arrays.fill(notificationIds, -1);
    }

    private void read(String brokers, String prefix) {
        Map<String, Output> byTopic = new HashMap<>();
        for (Output output : Output.values()) {
            byTopic.put(prefix + output.topic, output);
        }
        List<String> topics = new ArrayList<>(byTopic.keySet());
        topics.add(prefix + "NOTIFICATION_DLQ");
        Committed.read(brokers, topics, record -> {
            noteAppend(record.timestamp());
            try {
                Output output = byTopic.get(record.topic());
                if (output == null) {
                    takeDeadLetter(record);
                } else {
                    takeOutput(output, record);
                }
            } catch (RuntimeException fault) {
                wrong++;
                example(record.topic() + "-" + record.partition() + "@" + record.offset() + ": " + fault.getMessage());
            }
        });
    }

    private void takeOutput(Output output, ConsumerRecord<byte[], byte[]> record) {
        outputs++;
        Wire.Reader reader = new Wire.Reader(record.value(), schemaIds[output.ordinal()]);
        Output.Head head = output.read(reader, this::eventOf);
        reader.end();
        Workload.Event event = head.event();
        String key = new String(record.key(), StandardCharsets.UTF_8);
        require(key.equals(output.keyOf(event)), "the key is " + key);
        require(output.isExpectedOf(event.kind()), event.kind() + " has no such output");
        int number = Workload.numberOf(event.eventId());
        mark(number, output.ordinal(), output + " of " + event.eventId());
        require(head.notificationId() >= 0, "notificationId is negative");
        long before = notificationIds[number];
        require(before < 0 || before == head.notificationId(), "notificationId is another one than in the event's other outputs");
        notificationIds[number] = head.notificationId();
    }

    private void takeDeadLetter(ConsumerRecord<byte[], byte[]> record) {
        deadLetters++;
        Workload.Event event = eventOf(new String(record.key(), StandardCharsets.UTF_8));
        require(event.kind().isMalformed(), event.eventId() + " is not malformed");
        require(Arrays.equals(record.value(), workload.value(event)), event.eventId() + " has other bytes than the original");
        mark(Workload.numberOf(event.eventId()), DEAD_LETTER, "the dead letter of " + event.eventId());
    }

    private Workload.Event eventOf(String eventId) {
        int number = Workload.numberOf(eventId);
        Workload.Event event = number < 0 || number >= events ? null : workload.event(number);
        require(event != null && event.eventId().equals(eventId), "there is no event " + eventId);
        return event;
    }

    private void mark(int number, int bit, String what) {
        if ((seen[number] & 1 << bit) != 0) {
            repeated++;
            example(what + " is there again");
        }
        seen[number] |= (byte) (1 << bit);
    }

    private void judge() {
        for (int number = 0; number < events; number++) {
            Workload.Event event = workload.event(number);
            for (Output output : Output.values()) {
                expect(number, output.ordinal(), output.isExpectedOf(event.kind()), output + " of " + event.eventId());
            }
            expect(number, DEAD_LETTER, event.kind().isMalformed(), "the dead letter of " + event.eventId());
        }
        long[] distinct = Arrays.stream(notificationIds).filter(id -> id >= 0).sorted().toArray();
        for (int at = 1; at < distinct.length; at++) {
            if (distinct[at] == distinct[at - 1]) {
                wrong++;
                example("notificationId " + distinct[at] + " belongs to two events");
            }
        }
    }

    private void expect(int number, int bit, boolean isExpected, String what) {
        if (isExpected && (seen[number] & 1 << bit) == 0) {
            missing++;
            example(what + " is missing");
        }
    }

    private void noteAppend(long time) {
        if (firstAppend < 0) {
            // Partitions are read in any order: room for those that were appended before this one.
            firstAppend = time - 3_600_000;
        }
        appendTimes.set(Math.toIntExact(time - firstAppend));
    }

    private long longestGap() {
        long longest = 0;
        for (int at = appendTimes.nextSetBit(0), next; at >= 0; at = next) {
            next = appendTimes.nextSetBit(at + 1);
            longest = Math.max(longest, next - at);
        }
        return longest;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private void example(String fault) {
        if (faults.size() < EXAMPLES) {
            faults.add('"' + fault.replaceAll("[^\\x20-\\x7e]|[\\\\\"]", "?") + '"');
        }
    }

    private void print() {
        long first = firstAppend + appendTimes.nextSetBit(0);
        long last = firstAppend + appendTimes.length() - 1;
        System.out.printf(
            "{\"outputs\":%d,\"deadLetters\":%d,\"missing\":%d,\"repeated\":%d,\"wrong\":%d,\"firstAppend\":%d,\"lastAppend\":%d,\"longestGapMs\":%d,\"faults\":[%s]}%n",
            outputs, deadLetters, missing, repeated, wrong, first, last, longestGap(), String.join(",", faults));
    }
}

import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.kafka.common.utils.Utils;

/**
 * The job's input as a function of its seed. What event number i is like follows from the seed and i alone, so that a
 * reader needs no list of what was appended; which records are copies follows from the seed and their place.
 */
final class Workload {
    static final int PARTITIONS = 4;
    static final int USERS = 10_000;
    private static final int TENANTS = 20;
    /** A copy is at most so many records behind its original, on the same partition. */
    private static final int COPY_DISTANCE = 5_000;
    private static final long FIRST_TIMESTAMP = 1_760_000_000_000L;
    private static final String[] WORDS = {"quarterly report", "café menu", "R&D budget", "onboarding", "<draft> offer", "stock take"};
    private static final String[] PRIORITIES = {"LOW", "NORMAL", "HIGH"};

    /** What an event is, and what the contract makes of it. */
    enum Kind {
        TASK_ASSIGNED("Task assigned", "Task '", "' assigned to you", "INFO", true, false),
        TASK_OVERDUE("Task overdue", "Task '", "' is overdue!", "WARNING", true, true),
        TASK_COMPLETED("Task completed", "Task '", "' marked as complete", "SUCCESS", false, false),
        TASK_COMMENTED("New comment", "New comment on task '", "'", "INFO", false, true),
        UNKNOWN_TYPE,
        BAD_MAGIC,
        TRUNCATED,
        UNKNOWN_SCHEMA;

        final String title;
        final String before;
        final String after;
        final String type;
        final boolean email;
        final boolean push;

        Kind() {
            this(null, null, null, null, false, false);
        }

        Kind(String title, String before, String after, String type, boolean email, boolean push) {
            this.title = title;
            this.before = before;
            this.after = after;
            this.type = type;
            this.email = email;
            this.push = push;
        }

        boolean isNotified() {
            return title != null;
        }

        boolean isMalformed() {
            return this == BAD_MAGIC || this == TRUNCATED || this == UNKNOWN_SCHEMA;
        }

        String message(String taskTitle) {
            return before + taskTitle + after;
        }
    }

    record Event(Kind kind, String eventId, long timestamp, long taskId, String taskTitle, long userId, String priority) {
        long tenantId() {
            return tenantOf(userId);
        }

        String userKey() {
            return tenantId() + "|" + userId;
        }
    }

    /** Finds the event that an output says it belongs to. */
    interface Expected {
        /** Throws IllegalArgumentException when there is no such event. */
        Event eventOf(String eventId);
    }

    /** Takes a record of TASK_EVENT_TOPIC. */
    interface Appender {
        void append(int partition, byte[] key, byte[] value);
    }

    private final long seed;
    private final int taskSchemaId;
    private final int unknownSchemaId;

    Workload(long seed, int taskSchemaId, int unknownSchemaId) {
        this.seed = seed;
        this.taskSchemaId = taskSchemaId;
        this.unknownSchemaId = unknownSchemaId;
    }

    /** Makes so many records, in their order; returns how many events they are, numbered from 0, copies not counted. */
    int forEach(int records, Appender appender) {
        SplittableRandom random = new SplittableRandom(seed);
        int[][] originals = new int[PARTITIONS][COPY_DISTANCE];
        int[] appended = new int[PARTITIONS];
        int next = 0;
        for (int made = 0; made < records; made++) {
            int copied = random.nextInt(10) == 0 ? pickOriginal(random, originals, appended) : -1;
            int number = copied < 0 ? next++ : copied;
            Event event = event(number);
            byte[] key = Utils.utf8(event.eventId());
            int partition = Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
            boolean mayBeCopied = copied < 0 && !event.kind().isMalformed();
            originals[partition][appended[partition]++ % COPY_DISTANCE] = mayBeCopied ? number : -1;
            appender.append(partition, key, value(event));
        }
        return next;
    }

    /** One of those within the distance; -1 when chance finds none. */
    private static int pickOriginal(SplittableRandom random, int[][] originals, int[] appended) {
        for (int attempt = 0; attempt < 20; attempt++) {
            int partition = random.nextInt(PARTITIONS);
            int reach = Math.min(COPY_DISTANCE, appended[partition]);
            int found = reach == 0 ? -1 : originals[partition][random.nextInt(reach)];
            if (found >= 0) {
                return found;
            }
        }
        return -1;
    }

    Event event(int number) {
        long chance = mix(seed + number * 0x9e3779b97f4a7c15L);
        long more = mix(chance);
        String eventId = String.valueOf(hex(new char[36], chance, number));
        String title = WORDS[(int) Long.remainderUnsigned(more, WORDS.length)] + " " + number;
        long userId = 1 + Long.remainderUnsigned(more >>> 8, USERS);
        String priority = PRIORITIES[(int) Long.remainderUnsigned(more >>> 24, PRIORITIES.length)];
        return new Event(kindOf(chance), eventId, FIRST_TIMESTAMP + number, 1_000_000L + number, title, userId, priority);
    }

    /** 0.1 % of the records are malformed, in equal parts; 1 % are of an unknown type; the four known types share the rest. */
    private static Kind kindOf(long chance) {
        int place = (int) Long.remainderUnsigned(chance, 90_000);
        if (place < 99) {
            return new Kind[] {Kind.BAD_MAGIC, Kind.TRUNCATED, Kind.UNKNOWN_SCHEMA}[place % 3];
        }
        return place < 1_000 ? Kind.UNKNOWN_TYPE : Kind.values()[place % 4];
    }

    /** The bytes as a producer appends them: whole, or broken as the event's kind says. */
    byte[] value(Event event) {
        Kind kind = event.kind();
        int schemaId = kind == Kind.UNKNOWN_SCHEMA ? unknownSchemaId : taskSchemaId;
        byte[] value = new Wire.Writer(schemaId)
            .text(event.eventId())
            .text(kind.isNotified() ? kind.name() : "TASK_RENAMED")
            .number(event.timestamp())
            .number(event.taskId())
            .text(event.taskTitle())
            .number(7)
            .number(event.userId())
            .number(9)
            .number(event.tenantId())
            .text(event.priority())
            .number(0)
            .value();
        if (kind == Kind.BAD_MAGIC) {
            value[0] = 1;
        }
        return kind == Kind.TRUNCATED ? Arrays.copyOf(value, value.length / 2) : value;
    }

    /** The account's USER_UPDATED event. */
    static byte[] user(long userId, int schemaId) {
        return new Wire.Writer(schemaId)
            .text("user-" + userId)
            .text("USER_UPDATED")
            .number(FIRST_TIMESTAMP)
            .number(userId)
            .number(tenantOf(userId))
            .optional(addressOf(userId))
            .optional(null)
            .optional(null)
            .optional(null)
            .texts(tokenOf(userId))
            .texts()
            .value();
    }

    static long tenantOf(long userId) {
        return 1 + userId % TENANTS;
    }

    static String addressOf(long userId) {
        return "user" + userId + "@example.org";
    }

    static String tokenOf(long userId) {
        return "token-" + userId;
    }

    /** Which event this id belongs to; -1 for an id that is not of this form. */
    static int numberOf(String eventId) {
        return eventId.length() != 36 ? -1 : Integer.parseUnsignedInt(eventId, 28, 36, 16);
    }

    /** A UUID's form: chance in front, the event's number in the last group. */
    private static char[] hex(char[] into, long chance, int number) {
        for (int at = 0; at < 36; at++) {
            int shift = at < 24 ? (at * 4) % 64 : (35 - at) * 4;
            long from = at < 24 ? chance : number;
            into[at] = at == 8 || at == 13 || at == 18 || at == 23 ? '-' : Character.forDigit((int) (from >>> shift & 15), 16);
        }
        return into;
    }

    private static long mix(long value) {
        long mixed = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}

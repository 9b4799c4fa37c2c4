import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Says what is committed, as the Java client sees it: a witness that shares no code with the client under test.
 *
 * <pre>
 * Oracle serve                      answers questions until standard input ends; each with clients of its own
 * Oracle follow BROKERS TOPIC...    every committed record, and those that follow, until standard input ends
 * </pre>
 *
 * A question is a line (what TAB brokers TAB name TAB name...), FROM lines (topic TAB partition TAB offset), and an
 * empty line; follow takes FROM lines and an empty line as well. A partition not named is read from its beginning.
 *
 * <pre>
 * read BROKERS TOPIC...             every committed record up to the ends seen at the start
 * ends BROKERS TOPIC...             the last stable offset of each partition
 * log-ends BROKERS PREFIX           the end of each partition of those topics, whatever is still open before it
 * committed BROKERS GROUP           the committed offsets of a consumer group
 * transactions BROKERS PREFIX       those transactional ids, with their states: CompleteCommit, Ongoing, ...
 * count BROKERS TOPIC...            of each topic, how many committed records, and how many different keys
 * </pre>
 *
 * An answer is one JSON object a line, and then a line with a dot, or with an exclamation mark and what failed. follow
 * writes the same objects; it ends with 1 and a message on standard error when something fails.
 */
public final class Oracle {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long TIMEOUT_SECONDS = 30;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out = new BufferedOutputStream(System.out, 1 << 16);

    public static void main(String[] args) throws IOException {
        if (args.length == 1 && args[0].equals("serve")) {
            new Oracle().serve();
        } else if (args.length > 2 && args[0].equals("follow")) {
            try {
                new Oracle().read(args[1], Arrays.asList(args).subList(2, args.length), readStarts(), true);
            } catch (Exception failure) {
                System.err.println(failure);
                System.exit(1);
            }
        } else {
            System.err.println("usage: Oracle serve | Oracle follow BROKERS TOPIC...");
            System.exit(2);
        }
        // The stdin watcher of follow must not keep the process alive.
        System.exit(0);
    }

    private void serve() throws IOException {
        for (String question = readLine(); !question.isEmpty(); question = readLine()) {
            Map<TopicPartition, Long> from = readStarts();
            try {
                answer(Arrays.asList(question.split("\t")), from);
                text(".\n");
            } catch (Exception failure) {
                text("!");
                out.write(failure.toString().replace('\n', ' ').getBytes(StandardCharsets.UTF_8));
                text("\n");
            }
            out.flush();
        }
    }

    private void answer(List<String> question, Map<TopicPartition, Long> from) throws Exception {
        String brokers = question.get(1);
        List<String> names = question.subList(2, question.size());
        switch (question.get(0)) {
            case "read" -> read(brokers, names, from, false);
            case "ends" -> ends(brokers, names);
            case "log-ends" -> logEnds(brokers, names.get(0));
            case "committed" -> committed(brokers, names.get(0));
            case "transactions" -> transactions(brokers, names.get(0));
            case "count" -> count(brokers, names);
            default -> throw new IllegalArgumentException("unknown question: " + question.get(0));
        }
    }

    private void read(String brokers, List<String> topics, Map<TopicPartition, Long> from, boolean follow) throws IOException {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerConfig(brokers))) {
            List<TopicPartition> partitions = partitionsOf(consumer, topics);
            consumer.assign(partitions);
            Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
            for (TopicPartition partition : partitions) {
                consumer.seek(partition, from.getOrDefault(partition, beginnings.get(partition)));
            }
            if (follow) {
                follow(consumer);
            } else {
                readTo(consumer, consumer.endOffsets(partitions));
            }
        }
    }

    private void count(String brokers, List<String> topics) throws IOException {
        for (String topic : topics) {
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerConfig(brokers))) {
                List<TopicPartition> partitions = partitionsOf(consumer, List.of(topic));
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
                Set<TopicPartition> open = new HashSet<>(partitions);
                long[] keys = new long[1 << 16];
                int records = 0;
                for (;;) {
                    open.removeIf(partition -> consumer.position(partition) >= ends.get(partition));
                    if (open.isEmpty()) {
                        break;
                    }
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                        if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
                            if (records == keys.length) {
                                keys = Arrays.copyOf(keys, records * 2);
                            }
                            keys[records++] = hash(record.key());
                        }
                    }
                }
                long distinct = Arrays.stream(keys, 0, records).sorted().distinct().count();
                String line = "{\"topic\":\"" + topic + "\",\"records\":" + records + ",\"keys\":" + distinct + "}\n";
                out.write(line.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** FNV-1a, 64 bits: of ten million keys, two share one with a chance of one in 400,000. */
    private static long hash(byte[] key) {
        long hash = 0xcbf29ce484222325L;
        for (byte one : key == null ? new byte[0] : key) {
            hash = (hash ^ (one & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }

    /** With read_committed the ends are last stable offsets, and positions pass over aborted records and markers. */
    private void readTo(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) throws IOException {
        Set<TopicPartition> open = new HashSet<>(ends.keySet());
        for (;;) {
            open.removeIf(partition -> consumer.position(partition) >= ends.get(partition));
            if (open.isEmpty()) {
                return;
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < ends.get(partition)) {
                    write(record);
                }
            }
        }
    }

    private void follow(KafkaConsumer<byte[], byte[]> consumer) throws IOException {
        Thread watcher = new Thread(() -> awaitEndOfInput(consumer), "stdin");
        watcher.setDaemon(true);
        watcher.start();
        try {
            for (;;) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    write(record);
                }
                out.flush();
            }
        } catch (WakeupException stopped) {
            // Standard input has closed: the end that was asked for.
        }
    }

    private void ends(String brokers, List<String> topics) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            writeOffsets(endsOf(admin, topics, IsolationLevel.READ_COMMITTED));
        }
    }

    private void logEnds(String brokers, String prefix) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            List<String> topics = new ArrayList<>(admin.listTopics().names().get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
            topics.removeIf(topic -> !topic.startsWith(prefix));
            writeOffsets(endsOf(admin, topics, IsolationLevel.READ_UNCOMMITTED));
        }
    }

    private static Map<TopicPartition, Long> endsOf(Admin admin, List<String> topics, IsolationLevel level) throws Exception {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (var topic : admin.describeTopics(topics).allTopicNames().get(TIMEOUT_SECONDS, TimeUnit.SECONDS).values()) {
            topic.partitions().forEach(one -> wanted.put(new TopicPartition(topic.name(), one.partition()), OffsetSpec.latest()));
        }
        var found = admin.listOffsets(wanted, new ListOffsetsOptions(level)).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        Map<TopicPartition, Long> offsets = new HashMap<>();
        found.forEach((partition, info) -> offsets.put(partition, info.offset()));
        return offsets;
    }

    private void transactions(String brokers, String prefix) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            for (var transaction : admin.listTransactions().all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                if (transaction.transactionalId().startsWith(prefix)) {
                    text("{\"id\":");
                    string(transaction.transactionalId());
                    text(",\"state\":");
                    string(transaction.state().toString());
                    text("}\n");
                }
            }
        }
    }

    private void committed(String brokers, String group) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            var found = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            Map<TopicPartition, Long> offsets = new HashMap<>();
            found.forEach((partition, offset) -> {
                if (offset != null) {
                    offsets.put(partition, offset.offset());
                }
            });
            writeOffsets(offsets);
        }
    }

    private static Properties consumerConfig(String brokers) {
        Properties config = new Properties();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "5000");
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        return config;
    }

    private static List<TopicPartition> partitionsOf(KafkaConsumer<byte[], byte[]> consumer, List<String> topics) {
        Map<String, List<PartitionInfo>> known = consumer.listTopics(Duration.ofSeconds(TIMEOUT_SECONDS));
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics) {
            List<PartitionInfo> found = known.get(topic);
            if (found == null) {
                throw new IllegalArgumentException("no such topic: " + topic);
            }
            found.forEach(one -> partitions.add(new TopicPartition(topic, one.partition())));
        }
        return partitions;
    }

    private static Map<TopicPartition, Long> readStarts() throws IOException {
        Map<TopicPartition, Long> from = new HashMap<>();
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            String[] fields = line.split("\t");
            from.put(new TopicPartition(fields[0], Integer.parseInt(fields[1])), Long.parseLong(fields[2]));
        }
        return from;
    }

    /** Byte by byte, so that nothing after the empty line is taken from the watcher. */
    private static String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = System.in.read(); next != -1 && next != '\n'; next = System.in.read()) {
            line.append((char) next);
        }
        return line.toString();
    }

    private static void awaitEndOfInput(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            while (System.in.read() != -1) {
                // Only the end matters.
            }
        } catch (IOException broken) {
            System.err.println("standard input: " + broken);
        }
        consumer.wakeup();
    }

    private void writeOffsets(Map<TopicPartition, Long> offsets) throws IOException {
        for (var entry : offsets.entrySet()) {
            text("{\"topic\":");
            string(entry.getKey().topic());
            text(",\"partition\":" + entry.getKey().partition() + ",\"offset\":\"" + entry.getValue() + "\"}\n");
        }
    }

    private void write(ConsumerRecord<byte[], byte[]> record) throws IOException {
        text("{\"topic\":");
        string(record.topic());
        text(",\"partition\":" + record.partition() + ",\"offset\":\"" + record.offset() + "\",\"timestamp\":\"" + record.timestamp() + "\",\"key\":");
        bytes(record.key());
        text(",\"value\":");
        bytes(record.value());
        text(",\"headers\":[");
        String comma = "";
        for (Header header : record.headers()) {
            text(comma + "[");
            string(header.key());
            text(",");
            bytes(header.value());
            text("]");
            comma = ",";
        }
        text("]}\n");
    }

    private void text(String ascii) throws IOException {
        out.write(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    private void bytes(byte[] value) throws IOException {
        if (value == null) {
            text("null");
            return;
        }
        out.write('"');
        out.write(Base64.getEncoder().encode(value));
        out.write('"');
    }

    /** A JSON string in plain ASCII: everything else is escaped. */
    private void string(String value) throws IOException {
        out.write('"');
        for (int index = 0; index < value.length(); index++) {
            char one = value.charAt(index);
            if (one >= ' ' && one < 127 && one != '"' && one != '\\') {
                out.write(one);
            } else {
                text("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.write(HEX[(one >> shift) & 15]);
                }
            }
        }
        out.write('"');
    }
}

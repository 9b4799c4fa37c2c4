import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Appends records with the Java client's idempotent producer, and tells where each went: the load of a test, with a log of acknowledgements.
 *
 * <pre>
 * Load BROKERS [COMPRESSION]                       appends each line as it comes
 * Load BROKERS COMPRESSION TRANSACTIONAL_ID        the same, in transactions: a line "commit" or "abort" ends one
 * </pre>
 *
 * A line of standard input: topic TAB key TAB value TAB header... with key and value in base64 or "-" for null, a
 * header as name=base64. A line of standard output: the line's number (from 0) TAB partition TAB offset. Ends when
 * standard input does and everything is acknowledged; with 1 and a message when a record cannot be appended.
 */
public final class Load {
    private static final long FLUSH_MS = 50;

    public static void main(String[] args) throws IOException {
        Properties config = new Properties();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, args.length > 1 ? args[1] : "none");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.LINGER_MS_CONFIG, "5");
        // Longer than any outage of a test; new partitions are seen soon.
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "300000");
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, "300000");
        config.put(ProducerConfig.METADATA_MAX_AGE_CONFIG, "1000");
        config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, String.valueOf(2 * 1024 * 1024));
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        boolean transactional = args.length > 2;
        if (transactional) {
            config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, args[2]);
        }
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
            new Load(producer, transactional).run();
        } catch (RuntimeException failure) {
            System.err.println(failure);
            System.exit(1);
        }
    }

    private final KafkaProducer<byte[], byte[]> producer;
    private final boolean transactional;
    private final OutputStream out = new BufferedOutputStream(System.out, 1 << 16);
    private boolean open;
    private long count;

    private Load(KafkaProducer<byte[], byte[]> producer, boolean transactional) {
        this.producer = producer;
        this.transactional = transactional;
    }

    private void run() throws IOException {
        if (transactional) {
            producer.initTransactions();
        }
        Thread flusher = new Thread(this::flushOften, "flush");
        flusher.setDaemon(true);
        flusher.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            switch (line) {
                case "commit" -> end(true);
                case "abort" -> end(false);
                default -> send(line);
            }
        }
        producer.flush();
        flush();
    }

    private void end(boolean commit) throws IOException {
        if (!open) {
            return;
        }
        if (commit) {
            producer.commitTransaction();
        } else {
            producer.abortTransaction();
        }
        open = false;
    }

    private void send(String line) {
        if (transactional && !open) {
            producer.beginTransaction();
            open = true;
        }
        String[] fields = line.split("\t", -1);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(fields[0], bytes(fields[1]), bytes(fields[2]));
        for (int index = 3; index < fields.length; index++) {
            int equals = fields[index].indexOf('=');
            record.headers().add(fields[index].substring(0, equals), bytes(fields[index].substring(equals + 1)));
        }
        long number = count++;
        Callback acknowledged = (metadata, failure) -> {
            if (failure == null) {
                write(number + "\t" + metadata.partition() + "\t" + metadata.offset() + "\n");
            } else if (!transactional) {
                System.err.println("record " + number + " of " + record.topic() + ": " + failure);
                Runtime.getRuntime().halt(1);
            }
        };
        producer.send(record, acknowledged);
    }

    private static byte[] bytes(String field) {
        return field.equals("-") ? null : Base64.getDecoder().decode(field);
    }

    private synchronized void write(String line) {
        try {
            out.write(line.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException gone) {
            System.err.println("standard output: " + gone);
            Runtime.getRuntime().halt(1);
        }
    }

    /** Acknowledgements come on a thread of their own, when nothing may be left to read. */
    private void flushOften() {
        try {
            for (;;) {
                Thread.sleep(FLUSH_MS);
                flush();
            }
        } catch (InterruptedException | IOException gone) {
            Runtime.getRuntime().halt(1);
        }
    }

    private synchronized void flush() throws IOException {
        out.flush();
    }
}

import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Appends the job's input with the Java client's idempotent producer.
 *
 * <pre>
 * Preload BROKERS PREFIX SEED RECORDS TASK_SCHEMA_ID UNKNOWN_SCHEMA_ID USER_SCHEMA_ID
 * </pre>
 *
 * Ends with 0 when everything is acknowledged.
 */
public final class Preload {
    public static void main(String[] args) {
        String prefix = args[1];
        Workload workload = new Workload(Long.parseLong(args[2]), Integer.parseInt(args[4]), Integer.parseInt(args[5]));
        AtomicReference<Exception> failure = new AtomicReference<>();
        long began = System.nanoTime();
        int records = Integer.parseInt(args[3]);
        int events;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerConfig(args[0], "50"))) {
            for (long user = 1; user <= Workload.USERS; user++) {
                byte[] key = (Workload.tenantOf(user) + "|" + user).getBytes(java.nio.charset.StandardCharsets.UTF_8);
                byte[] value = Workload.user(user, Integer.parseInt(args[6]));
                producer.send(new ProducerRecord<>(prefix + "USER_EVENT_TOPIC", key, value));
            }
            events = workload.forEach(records, (partition, key, value) ->
                producer.send(new ProducerRecord<>(prefix + "TASK_EVENT_TOPIC", partition, key, value), (metadata, error) -> {
                    if (error != null) {
                        failure.set(error);
                    }
                }));
        }
        if (failure.get() != null) {
            System.err.println(failure.get());
            System.exit(1);
        }
        System.out.printf("{\"events\":%d,\"seconds\":%.3f}%n", events, (System.nanoTime() - began) / 1e9);
    }

    static Properties producerConfig(String brokers, String lingerMs) {
        Properties config = new Properties();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.LINGER_MS_CONFIG, lingerMs);
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, "131072");
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        return config;
    }
}

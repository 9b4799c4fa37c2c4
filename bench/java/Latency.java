import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Appends new events at a steady rate and measures, for each, from its append (the source topic's LogAppendTime) until a
 * read_committed consumer is given its in-app notification.
 *
 * <pre>
 * Latency BROKERS PREFIX SEED FIRST_EVENT TASK_SCHEMA_ID IN_APP_SCHEMA_ID RATE WARM_UP_SECONDS SECONDS
 * </pre>
 *
 * One JSON object on standard output; milliseconds. Waits no longer than 20 s for those that have not come when the load ends.
 */
public final class Latency {
    private static final long PATIENCE_MS = 20_000;
    private static final long TICK_NANOS = 2_000_000;

    private final Workload workload;
    private final int firstEvent;
    private final int inAppSchemaId;
    private final int[] sent;
    private final AtomicLongArray appendedAt;
    private final AtomicLongArray visibleAt;
    private volatile boolean following;
    private volatile int seen;
    private volatile boolean stopped;

    public static void main(String[] args) throws InterruptedException {
        int rate = Integer.parseInt(args[6]);
        int warmUp = Integer.parseInt(args[7]) * rate;
        int total = warmUp + Integer.parseInt(args[8]) * rate;
        Workload workload = new Workload(Long.parseLong(args[2]), Integer.parseInt(args[4]), 0);
        Latency latency = new Latency(workload, Integer.parseInt(args[3]), Integer.parseInt(args[5]), total);
        latency.run(args[0], args[1], rate);
        latency.print(warmUp);
    }

    private Latency(Workload workload, int firstEvent, int inAppSchemaId, int total) {
        this.workload = workload;
        this.firstEvent = firstEvent;
        this.inAppSchemaId = inAppSchemaId;
        this.sent = new int[total];
        for (int at = 0, number = firstEvent; at < total; number++) {
            if (workload.event(number).kind().isNotified()) {
                sent[at++] = number;
            }
        }
        int span = sent[total - 1] - firstEvent + 1;
        this.appendedAt = new AtomicLongArray(span);
        this.visibleAt = new AtomicLongArray(span);
    }

    private void run(String brokers, String prefix, int rate) throws InterruptedException {
        Thread reader = new Thread(() -> follow(brokers, prefix + "NOTIFICATION_INAPP_TOPIC"), "reader");
        reader.setDaemon(true);
        reader.start();
        while (!following && reader.isAlive()) {
            Thread.sleep(10);
        }
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Preload.producerConfig(brokers, "0"))) {
            send(producer, prefix + "TASK_EVENT_TOPIC", rate);
        }
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (seen < sent.length && reader.isAlive() && System.currentTimeMillis() < deadline) {
            Thread.sleep(10);
        }
        stopped = true;
        reader.join(5_000);
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, int rate) {
        long began = System.nanoTime();
        for (int next = 0; next < sent.length; LockSupport.parkNanos(TICK_NANOS)) {
            long due = Math.min(sent.length, (System.nanoTime() - began) * rate / 1_000_000_000L);
            for (; next < due; next++) {
                int number = sent[next];
                Workload.Event event = workload.event(number);
                byte[] key = event.eventId().getBytes(java.nio.charset.StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, key, workload.value(event)), (metadata, error) -> {
                    if (error == null) {
                        appendedAt.set(number - firstEvent, metadata.timestamp());
                    }
                });
            }
        }
    }

    private void follow(String brokers, String topic) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Committed.config(brokers))) {
            List<TopicPartition> partitions = Committed.partitionsOf(consumer, List.of(topic));
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            following = true;
            while (!stopped) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    long now = System.currentTimeMillis();
                    Wire.Reader in = new Wire.Reader(record.value(), inAppSchemaId);
                    in.number();
                    int place = Workload.numberOf(in.text()) - firstEvent;
                    if (place >= 0 && place < visibleAt.length() && visibleAt.compareAndSet(place, 0, now)) {
                        seen++;
                    }
                }
            }
        }
    }

    private void print(int warmUp) {
        long[] waits = Arrays.stream(sent, warmUp, sent.length)
            .map(number -> number - firstEvent)
            .filter(place -> visibleAt.get(place) > 0 && appendedAt.get(place) > 0)
            .mapToLong(place -> Math.max(0, visibleAt.get(place) - appendedAt.get(place)))
            .sorted()
            .toArray();
        System.out.printf(
            "{\"sent\":%d,\"seen\":%d,\"p50\":%d,\"p99\":%d,\"max\":%d}%n",
            sent.length - warmUp, waits.length, quantile(waits, 0.5), quantile(waits, 0.99), quantile(waits, 1));
    }

    private static long quantile(long[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
}

import java.util.ArrayList;
import java.util.List;

/** kafka-acls, several times in one process: the arguments of each call begin with its name. */
public final class KafkaAcls {
    public static void main(String[] args) throws ReflectiveOperationException {
        var tool = Class.forName("org.apache.kafka.tools.AclCommand").getMethod("main", String[].class);
        List<String> call = new ArrayList<>();
        for (int at = 1; at <= args.length; at++) {
            if (at < args.length && !args[at].equals("kafka-acls")) {
                call.add(args[at]);
                continue;
            }
            tool.invoke(null, (Object) call.toArray(new String[0]));
            call.clear();
        }
    }
}

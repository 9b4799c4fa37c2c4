import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** Prints the numbers of the protocol as Kafka's own client has them: a line each, "error NAME CODE" or "api NAME KEY". */
public final class ProtocolNumbers {
    public static void main(String[] args) {
        for (Errors error : Errors.values()) System.out.println("error " + error.name() + " " + error.code());
        for (ApiKeys api : ApiKeys.values()) System.out.println("api " + api.name + " " + api.id);
    }
}

import java.util.Objects;

/** The four kinds of output: how one is read, and what every field of it must be. */
enum Output {
    IN_APP("NOTIFICATION_INAPP_TOPIC") {
        @Override
        boolean isExpectedOf(Workload.Kind kind) {
            return kind.isNotified();
        }

        @Override
        String keyOf(Workload.Event event) {
            return event.userKey();
        }

        @Override
        Head read(Wire.Reader in, Workload.Expected expected) {
            long notificationId = in.number();
            Workload.Event event = expected.eventOf(in.text());
            Workload.Kind kind = event.kind();
            same("timestamp", in.number(), event.timestamp());
            same("tenantId", in.number(), event.tenantId());
            same("userId", in.number(), event.userId());
            same("title", in.text(), kind.title);
            same("message", in.text(), kind.message(event.taskTitle()));
            same("type", in.text(), kind.type);
            same("category", in.text(), "TASK");
            same("priority", in.text(), event.priority());
            same("sourceService", in.text(), "ptm_task");
            same("actionUrl", in.optional(), null);
            same("actionType", in.optional(), null);
            same("entityType", in.optional(), "task");
            same("entityId", in.optionalNumber(), event.taskId());
            same("expiresAt", in.optionalNumber(), null);
            same("metadata", in.map().size(), 0);
            return new Head(event, notificationId);
        }
    },
    EMAIL("EMAIL_REQUEST_TOPIC") {
        @Override
        boolean isExpectedOf(Workload.Kind kind) {
            return kind.email;
        }

        @Override
        Head read(Wire.Reader in, Workload.Expected expected) {
            Workload.Event event = expected.eventOf(in.text());
            String message = event.kind().message(event.taskTitle());
            same("timestamp", in.number(), event.timestamp());
            same("to", in.texts(), Workload.addressOf(event.userId()) + ",");
            same("subject", in.text(), message);
            same("body", in.text(), message);
            same("bodyHtml", unescaped(in.text()), "<p>" + message + "</p>");
            same("templateCode", in.optional(), null);
            same("templateVars", in.map().size(), 0);
            long notificationId = in.number();
            same("tenantId", in.number(), event.tenantId());
            same("priority", in.text(), event.priority());
            return new Head(event, notificationId);
        }
    },
    PUSH("PUSH_REQUEST_TOPIC") {
        @Override
        boolean isExpectedOf(Workload.Kind kind) {
            return kind.push;
        }

        @Override
        Head read(Wire.Reader in, Workload.Expected expected) {
            Workload.Event event = expected.eventOf(in.text());
            Workload.Kind kind = event.kind();
            same("timestamp", in.number(), event.timestamp());
            same("userId", in.number(), event.userId());
            same("tenantId", in.number(), event.tenantId());
            same("deviceTokens", in.texts(), Workload.tokenOf(event.userId()) + ",");
            same("title", in.text(), kind.title);
            same("body", in.text(), kind.message(event.taskTitle()));
            same("actionUrl", in.optional(), null);
            same("data", in.map().size(), 0);
            long notificationId = in.number();
            same("priority", in.text(), event.priority());
            same("expiresAt", in.optionalNumber(), null);
            return new Head(event, notificationId);
        }
    },
    DELIVERED("NOTIFICATION_DELIVERED_TOPIC") {
        @Override
        boolean isExpectedOf(Workload.Kind kind) {
            return kind.isNotified();
        }

        @Override
        Head read(Wire.Reader in, Workload.Expected expected) {
            Workload.Event event = expected.eventOf(in.text());
            Workload.Kind kind = event.kind();
            long notificationId = in.number();
            in.number(); // when it was handed on, by the contender's clock
            same("tenantId", in.number(), event.tenantId());
            same("userId", in.number(), event.userId());
            StringBuilder deliveries = new StringBuilder();
            for (long left = in.blockLength(); left != 0; left = in.blockLength()) {
                for (; left > 0; left--) {
                    deliveries.append(in.text()).append(' ').append(in.text()).append(' ').append(in.optional()).append(',');
                }
            }
            String sent = " DISPATCHED null,";
            same("deliveries", deliveries.toString(), "IN_APP" + sent + (kind.email ? "EMAIL" + sent : "") + (kind.push ? "PUSH" + sent : ""));
            return new Head(event, notificationId);
        }
    };

    /** Whose output it is. */
    record Head(Workload.Event event, long notificationId) {}

    final String topic;

    Output(String topic) {
        this.topic = topic;
    }

    /** Whether an event of this kind has such an output. */
    abstract boolean isExpectedOf(Workload.Kind kind);

    /** Throws IllegalArgumentException when a field is not what the contract says. */
    abstract Head read(Wire.Reader in, Workload.Expected expected);

    String keyOf(Workload.Event event) {
        return event.eventId();
    }

    private static void same(String field, Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new IllegalArgumentException(field + " is " + found + " instead of " + expected);
        }
    }

    /** However the apostrophe was escaped: the contract leaves that open. */
    private static String unescaped(String html) {
        return html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&");
    }
}

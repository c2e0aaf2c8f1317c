import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.event.ruler.Machine;

/**
 * Measures AWS Event Ruler for `python -m bench`.
 *
 * <p>In: one JSON object a line, {"do": ...}. Out: one reply a line. The requests are those of bench/worker.py, where
 * each is described; an engine is a process of its own, so that no runtime disturbs another.
 *
 * <p>Events are Strings, decoded from UTF-8 before the clock starts: Event Ruler takes no bytes. So what decoding costs
 * is left out here, in favour of Event Ruler. Events are matched by rulesForJSONEvent(String), the call that its
 * documentation recommends, on a machine with default settings.
 */
public final class Harness {
    /** How many events a thread takes at a time: few enough that all threads end together. */
    private static final int CHUNK = 64;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Machine machine = new Machine();
    private String[] events = {};
    private List<Rule> rules = List.of();

    /** What the touching of events came to; kept, so that the compiler cannot leave the touching out. */
    private int touched;

    /** A line of a rules file. */
    private record Rule(String name, String text) {}

    /** Something done to the machine with one rule. */
    private interface Change {
        void make(Rule rule) throws Exception;
    }

    /** A rule that the machine did not take. */
    private static final class Refused extends Exception {
        Refused(Rule rule, Exception cause) {
            super(rule.name() + ": " + words(cause), cause);
        }
    }

    public static void main(String[] arguments) throws IOException {
        // Replies go to the real standard output; what a library might print must not come between them.
        PrintStream replies = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Harness harness = new Harness();
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            replies.print(JSON.writeValueAsString(harness.reply(line)) + "\n");
            replies.flush();
        }
    }

    private ObjectNode reply(String line) {
        try {
            return answer(JSON.readTree(line));
        } catch (Refused refused) {
            return JSON.createObjectNode().put("refused", refused.getMessage());
        } catch (Exception | StackOverflowError | OutOfMemoryError error) {
            return JSON.createObjectNode().put("error", words(error));
        }
    }

    private ObjectNode answer(JsonNode request) throws Exception {
        String what = request.path("do").asText();
        return switch (what) {
            case "hello" -> hello();
            case "events" -> readEvents(file(request));
            case "rules" -> readRules(file(request));
            case "add" -> change(rulesOf(request), rule -> machine.addRule(rule.name(), rule.text()));
            case "remove" -> change(rulesOf(request), rule -> machine.deleteRule(rule.name(), rule.text()));
            case "answers" -> answers(request.get("first").asInt(), request.get("end").asInt(), file(request));
            case "match" -> match(request.get("first").asInt(), request.get("end").asInt());
            case "threads" -> threads(request.get("count").asInt());
            case "churn" -> churn(rulesOf(request));
            case "memory" -> JSON.createObjectNode().put("bytes", usedHeap());
            default -> JSON.createObjectNode().put("cannot", "no such request: " + what);
        };
    }

    private static ObjectNode hello() throws IOException {
        Properties properties = new Properties();
        String path = "/META-INF/maven/software.amazon.event.ruler/event-ruler/pom.properties";
        try (InputStream stream = Machine.class.getResourceAsStream(path)) {
            properties.load(stream);
        }
        String runtime = System.getProperty("java.vm.name").startsWith("OpenJDK") ? "OpenJDK" : "Java";
        return JSON.createObjectNode()
                .put("name", "Event Ruler")
                .put("version", properties.getProperty("version"))
                .put("runtime", runtime + " " + System.getProperty("java.version"));
    }

    private ObjectNode readEvents(Path file) throws IOException {
        events = lines(file).toArray(new String[0]);
        return JSON.createObjectNode().put("events", events.length);
    }

    private ObjectNode readRules(Path file) throws IOException {
        List<Rule> found = new ArrayList<>();
        for (String line : lines(file)) {
            JsonNode pair = JSON.readTree(line);
            found.add(new Rule(pair.get(0).asText(), pair.get(1).asText()));
        }
        rules = found;
        return JSON.createObjectNode().put("rules", rules.size());
    }

    /** The rules that a request names a file of, or those that were read last. */
    private List<Rule> rulesOf(JsonNode request) throws IOException {
        if (request.has("file")) {
            readRules(file(request));
        }
        return rules;
    }

    private static ObjectNode change(List<Rule> rules, Change change) throws Refused {
        long start = System.nanoTime();
        for (Rule rule : rules) {
            try {
                change.make(rule);
            } catch (Exception error) {
                throw new Refused(rule, error);
            }
        }
        return JSON.createObjectNode().put("rules", rules.size()).put("seconds", secondsSince(start));
    }

    private ObjectNode answers(int first, int end, Path file) throws Exception {
        long matches = 0;
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int index = first; index < end; index++) {
                Collection<String> names = new TreeSet<>(names(index));
                matches += names.size();
                out.write(JSON.writeValueAsString(names));
                out.write('\n');
            }
        }
        return JSON.createObjectNode().put("matches", matches);
    }

    private ObjectNode match(int first, int end) throws Exception {
        prepare(first, end);
        long start = System.nanoTime();
        long matches = count(first, end);
        return JSON.createObjectNode().put("seconds", secondsSince(start)).put("matches", matches);
    }

    /** Matches all events once, by threads that share the machine and take the events in small chunks. */
    private ObjectNode threads(int count) throws Exception {
        prepare(0, events.length);
        AtomicInteger next = new AtomicInteger();
        AtomicLong matches = new AtomicLong();
        Workers workers = new Workers();
        for (int index = 0; index < count; index++) {
            workers.start(() -> {
                for (int first = next.getAndAdd(CHUNK); first < events.length; first = next.getAndAdd(CHUNK)) {
                    matches.addAndGet(count(first, Math.min(first + CHUNK, events.length)));
                }
            });
        }
        long start = workers.release();
        workers.join();
        return JSON.createObjectNode().put("seconds", secondsSince(start)).put("matches", matches.get());
    }

    /** Adds and removes rules, one at a time, while another thread matches. */
    private ObjectNode churn(List<Rule> rules) throws Exception {
        AtomicLong matched = new AtomicLong();
        AtomicInteger isOver = new AtomicInteger();
        Workers workers = new Workers();
        workers.start(() -> {
            while (isOver.get() == 0) {
                for (int index = 0; index < events.length && isOver.get() == 0; index++) {
                    count(index, index + 1);
                    matched.incrementAndGet();
                }
            }
        });
        workers.release();
        while (matched.get() == 0 && workers.areRunning()) {
            Thread.onSpinWait();
        }
        try {
            long before = matched.get();
            long start = System.nanoTime();
            change(rules, rule -> machine.addRule(rule.name(), rule.text()));
            change(rules, rule -> machine.deleteRule(rule.name(), rule.text()));
            double seconds = secondsSince(start);
            return JSON.createObjectNode()
                    .put("changes", 2 * rules.size())
                    .put("seconds", seconds)
                    .put("matched", matched.get() - before);
        } finally {
            isOver.set(1);
            workers.join();
        }
    }

    /** The names for an event; what is wrong with it is told with its number. */
    private List<String> names(int index) throws Exception {
        try {
            return machine.rulesForJSONEvent(events[index]);
        } catch (Exception error) {
            throw new IllegalArgumentException("event " + index + ": " + words(error), error);
        }
    }

    /** What is measured. A method of its own, so that the compiler sees it called often. */
    private long count(int first, int end) throws Exception {
        long matches = 0;
        for (int index = first; index < end; index++) {
            matches += names(index).size();
        }
        return matches;
    }

    /** Collects garbage, so that no pass pays for another, and then brings the events into the caches. */
    private void prepare(int first, int end) {
        System.gc();
        int sum = touched;
        for (int index = first; index < end; index++) {
            String event = events[index];
            for (int at = 0; at < event.length(); at++) {
                sum += event.charAt(at);
            }
        }
        touched = sum;
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static Path file(JsonNode request) {
        return Path.of(request.get("file").asText());
    }

    /** The lines of a file, which end in "\n" and nothing else: a JSON text may hold other line ends. */
    private static List<String> lines(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        List<String> lines = new ArrayList<>();
        int first = 0;
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] == '\n') {
                lines.add(new String(bytes, first, end - first, StandardCharsets.UTF_8));
                first = end + 1;
            }
        }
        if (first < bytes.length) {
            lines.add(new String(bytes, first, bytes.length - first, StandardCharsets.UTF_8));
        }
        return lines;
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static String words(Throwable error) {
        String message = error.getMessage();
        String words = message == null ? error.getClass().getSimpleName() : message;
        return words.lines().findFirst().orElse("");
    }

    /** Threads that begin together; the first error of any is thrown by {@link #join}. */
    private static final class Workers {
        private interface Work {
            void run() throws Exception;
        }

        private final List<Thread> threads = new ArrayList<>();
        private final List<Throwable> errors = new ArrayList<>();
        private final CountDownLatch gate = new CountDownLatch(1);

        void start(Work work) {
            Thread thread = new Thread(() -> run(work));
            threads.add(thread);
            thread.start();
        }

        private void run(Work work) {
            try {
                gate.await();
                work.run();
            } catch (Throwable error) {
                synchronized (errors) {
                    errors.add(error);
                }
            }
        }

        /** Lets the threads go. The time at which it did. */
        long release() {
            long start = System.nanoTime();
            gate.countDown();
            return start;
        }

        boolean areRunning() {
            return threads.stream().anyMatch(Thread::isAlive);
        }

        void join() throws Exception {
            for (Thread thread : threads) {
                thread.join();
            }
            if (!errors.isEmpty()) {
                throw new Exception(words(errors.get(0)), errors.get(0));
            }
        }
    }
}

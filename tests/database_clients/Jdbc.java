// The databases' port through PostgreSQL's JDBC driver: java -cp postgresql.jar Jdbc.java PORT USER PASSWORD
import java.sql.*;
import java.util.concurrent.CompletableFuture;

public class Jdbc {
    static void must(boolean isTrue, String what) {
        if (!isTrue) throw new IllegalStateException(what);
    }

    static void mustFail(String url, String user, String password, String sqlState) throws Exception {
        try (Connection connection = DriverManager.getConnection(url, user, password)) {
            throw new IllegalStateException("connected to " + url);
        } catch (SQLException error) {
            must(sqlState.equals(error.getSQLState()), error.getSQLState() + " " + error.getMessage());
        }
    }

    public static void main(String[] arguments) throws Exception {
        String base = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/", user = arguments[1], password = arguments[2];
        for (String database : new String[] {"shop@main", "shop@main+test1", "shop@main%2Btest1", "shop@main+*"})
            try (Connection connection = DriverManager.getConnection(base + database, user, password);
                 PreparedStatement statement = connection.prepareStatement("select ? * 2")) {
                for (int i = 0; i < 20; ++i) {  // from the sixth on it is a named one
                    statement.setInt(1, i);
                    try (ResultSet rows = statement.executeQuery()) {
                        must(rows.next() && rows.getInt(1) == i * 2, database);
                    }
                }
            }

        try (Connection connection = DriverManager.getConnection(base + "shop@main", user, password)) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("create temp table batched (a int, b text)");
            try (PreparedStatement insert = connection.prepareStatement("insert into batched values (?, ?)")) {
                for (int i = 0; i < 5000; ++i) {
                    insert.setInt(1, i);
                    insert.setString(2, "row " + i);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            connection.commit();
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(100);
                int count = 0;
                try (ResultSet rows = statement.executeQuery("select a from batched order by a")) {
                    while (rows.next()) must(rows.getInt(1) == count++, "order");
                }
                must(count == 5000, "rows");
            }
            connection.commit();
        }

        try (Connection connection = DriverManager.getConnection(base + "shop@main", user, password);
             Connection other = DriverManager.getConnection(base + "shop@main", user, password)) {
            Statement sleeping = connection.createStatement();
            CompletableFuture<String> ended = CompletableFuture.supplyAsync(() -> {
                try {
                    sleeping.execute("select pg_sleep(600) /* jdbc */");
                    return "";
                } catch (SQLException error) {
                    return error.getSQLState();
                }
            });
            for (int count = 0; count == 0;)
                try (ResultSet rows = other.createStatement().executeQuery("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query like '%/* jdbc */'")) {
                    rows.next();
                    count = rows.getInt(1);
                }
            sleeping.cancel();
            must("57014".equals(ended.get()), ended.get());
        }

        mustFail(base + "shop@elsewhere", user, password, "3D000");
        mustFail(base + "shop@main", user, "wrong", "28P01");
        System.out.println("done");
    }
}

"""What is seen of a Redis server is what redis-cli sees; hostile ones are a gap with a reason."""
import unittest

from servers import Redis, Trap, Watched


class RedisSource(unittest.TestCase):
    def watch(self, where):
        watched = Watched("redis", where)
        self.addCleanup(watched.close)
        return watched

    def serve(self, *options):
        server = Redis(*options)
        self.addCleanup(server.close)
        return server

    def test_counts_are_those_of_redis_cli(self):
        server = self.serve("--latency-monitor-threshold", "20", "--slowlog-log-slower-than",
                            "20000", "--maxmemory", "8mb", "--maxclients", "50",
                            "--enable-debug-command", "local")
        watched = self.watch(f"127.0.0.1:{server.port}")
        watched.until_seen()
        server.cli("EVAL", "for i = 1, 300 do redis.call('SET', 'k' .. i, i) end", "0")
        server.cli("EVAL", "for i = 1, 400 do redis.call('GET', 'k' .. i) end", "0")
        for _ in range(3):
            server.cli("DEBUG", "SLEEP", "0.05")
        watched.until("400 reads", lambda w: round(w.sum("cache.command.calls", "get")) == 400)
        watched.until("3 slow ones", lambda w: round(w.sum("cache.slow")) == 3)
        info = server.info()
        self.assertEqual(round(watched.sum("cache.hits")), int(info["keyspace_hits"]))
        self.assertEqual(round(watched.sum("cache.misses")), int(info["keyspace_misses"]))
        self.assertEqual(round(watched.sum("cache.command.calls", "set")), 300)
        self.assertEqual(watched.value("cache.keys"), 300)
        self.assertEqual(watched.value("cache.memory.limit"), 8 << 20)
        self.assertEqual(watched.value("cache.clients.limit"), 50)
        self.assertAlmostEqual(watched.value("cache.memory") / int(info["used_memory"]), 1,
                               delta=0.2)  # redis-cli's own connection takes some
        usec = float(info["cmdstat_get"].split("usec=")[1].split(",")[0])
        self.assertAlmostEqual(watched.sum("cache.command.running", "get") * 1e6, usec, delta=1)
        spikes = [second["cache.latency", "command"][0] for second in watched.seconds
                  if ("cache.latency", "command") in second]
        self.assertTrue(spikes and 0.045 < spikes[-1] < 5, spikes)
        shares = [second["cache.hit.share", ""][0] for second in watched.seconds
                  if ("cache.hit.share", "") in second]
        self.assertEqual(shares, [0.75])
        self.assertGreater(watched.value("cache.cpu"), 0)
        self.assertEqual(watched.events, [])

    def test_evictions_blocked_clients_and_a_password(self):
        server = self.serve("--requirepass", "sesame", "--maxmemory", "3mb",
                            "--maxmemory-policy", "allkeys-lru")
        shut = self.watch(f"127.0.0.1:{server.port}")
        shut.until_event("redis of asked: nothing is seen: NOAUTH Authentication required.")
        wrong = self.watch(f"redis://:guess@127.0.0.1:{server.port}")
        wrong.until_event("nothing is seen: WRONGPASS")
        watched = self.watch(f"redis://default:sesame@127.0.0.1:{server.port}/")
        watched.until_seen()
        script = "for i = 1, 3000 do redis.call('SET', 'k' .. i, string.rep('x', 2000)) end"
        server.cli("-a", "sesame", "EVAL", script, "0")

        def evicted():  # what a client's buffer takes may cost some more keys later
            lines = server.cli("-a", "sesame", "INFO", "stats").split()
            return int(dict(line.split(":") for line in lines if ":" in line)["evicted_keys"])

        self.assertGreater(evicted(), 1000)
        watched.until("evictions", lambda w: abs(w.sum("cache.evictions") - evicted()) < 1)

    def test_goes_hangs_and_comes_back(self):
        server = self.serve()
        watched = self.watch(f"127.0.0.1:{server.port}")
        watched.until_seen()
        server.stop()
        watched.until_event("nothing is seen: ")
        self.assertEqual(watched.pass_by(), {})
        server.start()
        watched.until_event("seen again")
        watched.until("rates", lambda w: w.value("cache.commands") is not None)
        server.hang()
        watched.until_event("nothing is seen: it does not answer in time")
        server.resume()
        watched.until_event("seen again", 2)

    def test_role_without_a_right(self):
        server = self.serve()
        server.cli("ACL", "SETUSER", "watch", "on", ">pw", "+info", "+ping")
        watched = self.watch(f"redis://watch:pw@127.0.0.1:{server.port}")
        watched.until_event("slow commands and spikes are not seen: NOPERM")
        watched.pass_by(2)
        self.assertEqual(len(watched.events), 1, watched.events)
        self.assertIsNotNone(watched.value("cache.commands"))

    def test_hostile(self):
        def drip(connection):
            for _ in range(600):
                connection.sendall(b"$5\r\nab"[:1])
                connection.settimeout(0.2)
                try:
                    connection.recv(65536)
                except TimeoutError:
                    pass

        def giant(connection):
            connection.sendall(b"$900000000\r\n")
            while True:
                connection.sendall(b"x" * 65536)

        for behave, words in (
                (None, "it does not answer in time"),
                (lambda connection: connection.sendall(b"\xff\0" * 4096), "is not understood"),
                (lambda connection: connection.sendall(b"*999999999\r\n"), "is not understood"),
                (lambda connection: connection.sendall(b"+PONG"), "does not answer in time"),
                (lambda connection: connection.close(), "nothing is seen: "),
                (drip, "nothing is seen: "), (giant, "its answer is longer than 1024 KiB")):
            with self.subTest(words):
                trap = Trap(behave)
                self.addCleanup(trap.close)
                watched = self.watch(f"127.0.0.1:{trap.port}")
                watched.until_event(words)
                self.assertEqual(watched.pass_by(), {})
                self.assertIsNone(watched.process.poll())
                watched.process.kill()


if __name__ == "__main__":
    unittest.main()

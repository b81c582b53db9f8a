"""What is seen of a Memcached server is what its own stats say; hostile ones are a gap."""
import unittest

from servers import Memcached, Trap, Watched


class MemcachedSource(unittest.TestCase):
    def watch(self, where):
        watched = Watched("memcached", where)
        self.addCleanup(watched.close)
        return watched

    def serve(self, *options):
        server = Memcached(*options)
        self.addCleanup(server.close)
        return server

    def test_counts_are_those_of_stats(self):
        server = self.serve("-m", "2", "-c", "77", "-o", "no_lru_crawler,no_lru_maintainer")
        watched = self.watch(f"127.0.0.1:{server.port}")
        watched.until_seen()
        value = "x" * 5000
        sets = "".join(f"set k{i} 0 0 5000 noreply\r\n{value}\r\n" for i in range(2000))
        server.ask(sets + "get k1999\r\n")
        for i in range(3):
            server.ask(f"get none{i}\r\n")
        watched.until("2000 writes", lambda w: round(w.sum("cache.command.calls", "set")) == 2000)
        watched.until("3 misses", lambda w: round(w.sum("cache.misses")) == 3)
        stats = server.stats()
        self.assertEqual(round(watched.sum("cache.hits")), int(stats["get_hits"]))
        self.assertEqual(round(watched.sum("cache.evictions")), int(stats["evictions"]))
        self.assertGreater(int(stats["evictions"]), 100)
        self.assertEqual(watched.value("cache.keys"), int(stats["curr_items"]))
        self.assertEqual(watched.value("cache.memory"), int(stats["bytes"]))
        self.assertEqual(watched.value("cache.memory.limit"), 2 << 20)
        self.assertEqual(watched.value("cache.clients.limit"), 77)
        self.assertGreater(watched.sum("cache.cpu"), 0)
        # The looks themselves are read as well, and there were some before and after `stats`.
        self.assertAlmostEqual(watched.sum("cache.net.in"), int(stats["bytes_read"]), delta=20000)
        slabs, items = server.stats("slabs"), server.stats("items")
        number, = {name.split(":")[1] for name, count in items.items()
                   if name.endswith(":evicted") and int(count) > 0}
        label = f"class {number}, up to {slabs[number + ':chunk_size']} B"
        self.assertEqual(round(watched.sum("cache.slab.evictions", label)),
                         int(items[f"items:{number}:evicted"]))
        self.assertAlmostEqual(watched.value("cache.slab.free.share", label),
                               int(slabs[number + ":free_chunks"])
                               / int(slabs[number + ":total_chunks"]), 5)
        self.assertEqual(watched.events, [])

    def test_goes_hangs_and_comes_back(self):
        server = self.serve()
        watched = self.watch(f"127.0.0.1:{server.port}")
        watched.until_seen()
        server.stop()
        watched.until_event("memcached of asked: nothing is seen: ")
        self.assertEqual(watched.pass_by(), {})
        server.start()
        watched.until_event("seen again")
        server.hang()
        watched.until_event("nothing is seen: it does not answer in time")
        server.resume()
        watched.until_event("seen again", 2)

    def test_hostile(self):
        def endless(connection):
            while True:
                connection.sendall(b"STAT a 1\r\n" * 6000)

        for behave, words in (
                (None, "it does not answer in time"),
                (lambda connection: connection.sendall(b"\xff\0\n" * 4096), "is not understood"),
                (lambda connection: connection.sendall(b"SERVER_ERROR out of \x1b[31mmemory\r\n"),
                 r"it answers SERVER_ERROR out of \x1b[31mmemory"),
                (endless, "its answer is longer than 256 KiB")):
            with self.subTest(words):
                trap = Trap(behave)
                self.addCleanup(trap.close)
                watched = self.watch(f"127.0.0.1:{trap.port}")
                watched.until_event(words)
                self.assertEqual(watched.pass_by(), {})
                watched.process.kill()


if __name__ == "__main__":
    unittest.main()

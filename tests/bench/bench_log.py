# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_log.sh: measures, prints one line a figure."""
import http.client
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import psycopg2  # noqa: E402
from stack import Stack, wait_for  # noqa: E402

LEAVES, WAITING, SEED = int(os.environ["LEAVES"]), int(os.environ["WAITING"]), 20261123
REQUESTS = 2000
#: Leaves as transactions of the journal make them.
LEAF = ("SELECT log.append_leaves('txn', array_agg(log.new_id()::text), array_agg(encode(sha256(i::text::bytea), 'hex')), array_agg(jsonb_build_object("
        "'kind', 'receipt', 'txn_no', i, 'debit', i * 100))) FROM generate_series({}, {}) AS i")
WAIT = "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)"


MISSED = []


def result(name, ours, unit, bar):
    print(f"result: {name} | {ours:.4g} {unit} | - | {bar}", flush=True)
    relation, limit = bar.split()
    if not (ours >= float(limit) if relation == ">=" else ours <= float(limit)):
        MISSED.append(name)


def settled(trust, seconds=600):
    wait_for("all leaves to be logged", lambda: trust.sql(WAIT)[0][0], seconds, 0.05)


def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


def sequencer(trust):
    """From the worker's start until all that waited is under a checkpoint; the clock of the database, so that starting is not counted."""
    trust.sql(LEAF.format(1, WAITING))
    trust.sql("VACUUM ANALYZE log.outbox")
    before = trust.sql("SELECT max(size) FROM log.checkpoint")[0][0] or 0
    trust.start("worker")
    settled(trust)
    seconds, = trust.sql("SELECT extract(epoch FROM max(c.at) - min(c.at))::float8, max(c.size) - min(c.size) FROM log.checkpoint AS c WHERE c.size > %s", before)
    trust.stop()
    result(f"log: sequencer, {WAITING} waiting", seconds[1] / seconds[0], "entries/s", ">= 10000")


def delay(trust, a_second=1000, seconds=20):
    """Rows at a steady pace, each committed alone; until their checkpoint is published."""
    trust.start("worker")
    settled(trust)
    first = trust.sql("SELECT COALESCE(max(index), -1) + 1 FROM log.entry")[0][0]
    stop = time.monotonic() + seconds
    connections = [psycopg2.connect(trust.database) for _ in range(4)]

    def write(connection):
        connection.autocommit = True
        with connection.cursor() as cursor:
            while time.monotonic() < stop:
                begin = time.monotonic()
                cursor.execute(LEAF.format(1, max(1, a_second // 40)))
                time.sleep(max(0, 0.1 - (time.monotonic() - begin)))
    threads = [threading.Thread(target=write, args=(connection,)) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled(trust)
    late = [row[0] for row in trust.sql("SELECT extract(epoch FROM (SELECT c.at FROM log.checkpoint AS c WHERE c.size > e.index ORDER BY c.size LIMIT 1) - o.created_at)::float8 "
                                        "FROM log.entry AS e JOIN log.outbox AS o ON o.id = e.outbox_id WHERE e.index >= %s", first)]
    trust.stop()
    result(f"log: row to checkpoint, p99 of {len(late)}", percentile(late, 0.99), "s", "<= 10")


def fill(trust):
    """A log of so many leaves, as the sequencer leaves it."""
    have = trust.sql("SELECT count(*) FROM log.entry")[0][0]
    for first in range(1, LEAVES - have, 50000):
        trust.sql(LEAF.format(first, min(first + 49999, LEAVES - have)))
    trust.start("worker")
    settled(trust, 1800)
    trust.stop()
    trust.sql("VACUUM ANALYZE log.entry")


def self_check(trust):
    """From the worker being ready until the first checkpoint behind the check."""
    trust.sql("SELECT log.append_leaf('txn', 'last', repeat('0', 64), '{}')")
    since = len(trust.log_text())
    trust.start("worker")
    trust.wait_logged("worker is ready", since)
    begin = time.monotonic()
    wait_for("the checkpoint", lambda: trust.sql(WAIT)[0][0], 600, 0.02)
    seconds = time.monotonic() - begin
    trust.stop()
    result(f"log: start-up self-check, {trust.sql('SELECT count(*) FROM log.entry')[0][0]} leaves", seconds, "s", "<= 10")


def endpoints(trust):
    trust.start("log")
    random.seed(SEED)
    size = trust.sql("SELECT max(size) FROM log.checkpoint")[0][0]
    ids = [row[0] for row in trust.sql("SELECT object_id FROM log.entry WHERE type = 'txn' AND index %% %s = 0", max(1, size // REQUESTS))]
    paths = {"proof": [f"/log/proof/txn/{random.choice(ids)}" for _ in range(REQUESTS)],
             "tile": [f"/log/tile/{'entries' if i % 2 else '0'}/{tile(random.randrange(size // 256))}" for i in range(REQUESTS)]}
    for name, wanted in paths.items():
        connection, took = http.client.HTTPConnection("127.0.0.1", trust.port), []
        for path in wanted:
            begin = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            took.append((time.perf_counter() - begin) * 1000)
            assert answer.status == 200, (path, answer.status)
        result(f"log: {name}s of {size} leaves, p95", percentile(took, 0.95), "ms", "<= 20")
    trust.stop()


def tile(number):
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench.")
    stack = Stack(folder, durable=True)
    try:
        trust = stack.trust(start=False)
        for part in (sequencer, delay, fill, self_check, endpoints):
            part(trust)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())

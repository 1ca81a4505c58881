# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of deliveries share: a pool with rows of every type and every awkward value, readers that stop where they are told, and
what SQL says of the same question."""
import csv
import io
import json
import socket
import threading
import time

from stack import DEADLINE, wait_for
from test_metering import CLASS, ORGANISATION, PURPOSE, Got, World, bump, counted, flipped, load_long, sha, uid  # noqa: F401

TYPES = [("n", "number"), ("i", "integer"), ("s", "string"), ("b", "boolean"), ("d", "date"), ("t", "datetime")]
MEMBERS = 8


def make_pool(world, ref, fields):
    """As World.pool, with columns of one's own."""
    def work(c):
        pool, schema = uid("pool " + ref), json.dumps({"fields": [{"name": n, "type": k} for n, k in fields]})
        c.execute("INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by) "
                  "VALUES (%s, %s, %s, 'open', %s, '{}', %s, %s)", (pool, ref, "Pool " + ref, schema, "0" * 64, uid("x")))
        c.execute("INSERT INTO licensing.consent_epoch (pool_id) VALUES (%s)", (pool,))
        c.execute("INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version) "
                  "VALUES (%s, 1, 'en', 'text', %s, 'charter', 1)", (pool, "0" * 64))
        c.execute("SELECT pooldata.make_table(%s, %s)", (pool, json.dumps([{"name": n, "type": k} for n, k in fields])))
        return pool, f'pooldata."{c.fetchone()[0]}"'
    world.pools[ref], world.tables[ref] = world.write(work)


def load_plain(world, ref, rows, members=MEMBERS, column="pm25", owner="1 + i * {m} / {r}"):
    """`rows` rows, column pm25 counting from 0; whose row i is, `owner` says (1 to members)."""
    def work(c):
        keys = [world.contribution(c, ref, f"{ref}{i}", rows // members) for i in range(members)]
        c.execute(f"INSERT INTO {world.tables[ref]} (contribution_id, lat, lon, at, pm10, {column}, device) "
                  f"SELECT (%s::uuid[])[{owner.format(m=members, r=rows)}], 57.1234, -2.1, timestamptz '2026-01-01Z' + i * interval '7 s', "
                  f"i %% 500, i, 'd' || i FROM generate_series(0, {rows - 1}) AS i", (keys,))
        return keys
    return world.write(work)


def revoke(world, name, ref, state="revoked"):
    def work(c):
        c.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(%s))", (world.pools[ref],))
        c.execute("UPDATE licensing.data_grant SET state = %s, epoch = epoch + 1 WHERE id = %s", (state, uid("grant " + name)))
    world.write(work)


def permit(world, ref, member, permits):
    def work(c):
        bump(c, world, ref)
        c.execute("UPDATE licensing.consent_current SET permits = %s WHERE pool_id = %s AND member_id = %s",
                  (permits, world.pools[ref], uid("member " + member)))
    world.write(work)


class Reader:
    """One GET of rows on a bare socket, read as slowly as wanted. `window` bounds what the kernel takes ahead of it."""

    def __init__(self, world, name, ref, query="", window=4096, port=None, token=None):
        self.world, self.name, self.ref, self.raw = world, name, ref, b""
        self.socket = socket.socket()
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(("127.0.0.1", port or world.trust.port))
        self.socket.sendall(f"GET /metering/v1/pools/{ref}/rows{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            f"Authorization: Bearer {token or world.token(name, ref)}\r\n\r\n".encode())

    def read(self, size):
        """At least `size` bytes of what comes, head and framing included; fewer at its end."""
        while len(self.raw) < size:
            try:
                part = self.socket.recv(min(65536, size - len(self.raw)))
            except ConnectionError:
                break
            if not part:
                break
            self.raw += part
        return self

    def head(self):
        while b"\r\n\r\n" not in self.raw:
            before = len(self.raw)
            if len(self.read(before + 256).raw) == before:
                break
        return self

    @property
    def status(self):
        return int(self.head().raw.split(b" ", 2)[1])

    @property
    def delivery(self):
        return self.head().raw.split(b"X-Commonhold-Delivery: ")[1][:36].decode()

    def close(self):
        self.socket.close()
        return self

    def rest(self):
        self.read(1 << 40).close()
        return self

    @property
    def body(self):
        """What of the body has come, chunks taken apart."""
        raw, body = self.raw.split(b"\r\n\r\n", 1)[1], b""
        while b"\r\n" in raw:
            size, raw = raw.split(b"\r\n", 1)
            body, raw = body + raw[:int(size, 16)], raw[int(size, 16) + 2:]
        return body

    def got(self):
        return Got(self.status, {}, self.body)


def stalled(world, delivery, quiet=0.5):
    """Until the server has prepared what it may and stands still: the number of its batches."""
    state = {"n": -1, "since": time.monotonic()}

    def still():
        n = world.trust.sql("SELECT count(*) FROM metering.batch WHERE delivery_id = %s", delivery)[0][0]
        if n != state["n"] or open_transactions(world):
            state.update(n=n, since=time.monotonic())
        return n > 0 and time.monotonic() - state["since"] > quiet
    wait_for("a stalled delivery", still, DEADLINE)
    return state["n"]


def open_transactions(world):
    """Sessions of the role that hold a transaction though they do nothing (U6)."""
    return world.trust.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ch_metering' AND datname = current_database() "
                           "AND state LIKE 'idle in transaction%%'")[0][0]


def wait_settled(world, delivery):
    """Until the delivery has ended and each of its batches is sent or unsent; gives {state: rows}."""
    world.trust.wait_sql("the delivery's end", "SELECT state <> 'open' AND NOT EXISTS (SELECT FROM metering.batch AS b WHERE b.delivery_id = d.id AND "
                         "b.state IN ('committed', 'unresolved')) FROM metering.delivery AS d WHERE d.id = %s", delivery)
    return {state: int(rows) for state, rows in world.trust.sql("SELECT state, sum(rows) FROM metering.batch WHERE delivery_id = %s GROUP BY state", delivery)}


def batches_within(world, delivery, size):
    """(rows, number) of the batches that lie wholly in the first `size` bytes of the body."""
    rows, number, end = 0, 0, 0
    for no, count, length in world.trust.sql("SELECT no, rows + repeated, bytes FROM metering.batch WHERE delivery_id = %s ORDER BY no", delivery):
        end += length
        if end > size:
            break
        rows, number = rows + count, no
    return rows, number


def tables(body):
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def children(pid):
    return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children").read().split()]


def at_once(count, work):
    """Runs work(i) in `count` threads; their errors are the caller's."""
    errors, results = [], [None] * count

    def run(i):
        try:
            results[i] = work(i)
        except BaseException as error:
            errors.append(error)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results

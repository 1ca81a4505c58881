# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the benches of deliveries share: a pool of many rows, a reader that costs little, the same select through psql."""
import os
import pathlib
import selectors
import socket
import subprocess
import time

from test_metering import CLASS, PLAN, PURPOSE

HZ = os.sysconf("SC_CLK_TCK")
PIECE = 1 << 19


def contribute(world, c, ref, count, rows):
    """As World.contribution, `count` at once: the keys."""
    pool = world.pools[ref]
    c.execute("CREATE TEMPORARY TABLE giving ON COMMIT DROP AS SELECT n, md5(%s || 'contribution' || n)::uuid AS id, md5(%s || 'member' || n)::uuid AS member, "
              "md5(%s || 'event' || n)::uuid AS event FROM generate_series(1, %s) AS n", (ref, ref, ref, count))
    c.execute("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, "
              "rows, quality_ppm, decided_at) SELECT id, %s, member, 1, 'accepted', 'csv', '{}', '{}', '{}', 1, false, %s, 1000000, now() - interval '1 hour' "
              "FROM giving ORDER BY n", (pool, rows))
    c.execute("INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at, until, actor) "
              "SELECT event, id, member, %s, %s, %s, 'given', 'expressed', 1, 'en', now(), NULL, 'member' FROM giving", (pool, PURPOSE, CLASS))
    c.execute("INSERT INTO licensing.consent_current (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at, until) "
              "SELECT %s, %s, %s, member, event, true, false, 1, now(), NULL FROM giving", (pool, PURPOSE, CLASS))
    c.execute("SELECT array_agg(id::text ORDER BY n) FROM giving")
    return c.fetchone()[0]


def load(world, ref, rows, contributions, grants=("",), cohort=5):
    """`rows` rows of `contributions` members, one after the other; a grant `ref` + each of `grants`."""
    world.pool(ref)

    def work(c):
        keys = contribute(world, c, ref, contributions, rows // contributions)
        c.execute("CREATE TEMPORARY TABLE whose ON COMMIT DROP AS SELECT k, n FROM unnest(%s::uuid[]) WITH ORDINALITY AS u (k, n)", (keys,))
        c.execute("ALTER TABLE whose ADD PRIMARY KEY (n)")
        c.execute(f"INSERT INTO {world.tables[ref]} (contribution_id, lat, lon, at, pm10, pm25, device) SELECT w.k, "
                  "57 + (i %% 1000) / 10000.0, -2 - (i %% 777) / 10000.0, timestamptz '2026-01-01Z' + i * interval '7 s', (i %% 500) / 10.0, "
                  "(i %% 300) / 10.0, 'd' || i %% 100 FROM generate_series(0, %s - 1) AS i JOIN whose AS w ON w.n = 1 + i::bigint * %s / %s ORDER BY i",
                  (rows, contributions, rows))
    world.write(work)
    for grant in grants:
        world.grant(ref + grant, ref, plan=PLAN, cohort=cohort)
    world.trust.sql("VACUUM ANALYZE")


def start(world, name, ref, query=""):
    """A request that is under way."""
    asked = socket.create_connection(("127.0.0.1", world.trust.port), timeout=300)
    asked.sendall(f"GET /metering/v1/pools/{ref}/rows{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {world.token(name, ref)}\r\n\r\n".encode())
    return asked


def check(last, rows):
    assert f"# rows: {rows}\r\n".encode() in last, last


def fetch(world, ref, rows, target=None, query=""):
    """Reads a delivery to its end, into a file if one is named; gives seconds to the first byte of the body."""
    began, first, last = time.perf_counter(), None, b""
    view = memoryview(bytearray(PIECE))
    with start(world, ref, ref, query) as asked, open(target or os.devnull, "wb") as file:
        while size := asked.recv_into(view):
            if first is None:
                first = time.perf_counter() - began
            file.write(view[:size])
            last = (last + bytes(view[max(0, size - 3000):size]))[-3000:]
    check(last, rows)
    return first


def fetch_many(world, names, ref, rows, query=""):
    """Many deliveries in one thread; gives the seconds each took."""
    selector, view, began = selectors.DefaultSelector(), memoryview(bytearray(PIECE)), time.perf_counter()
    took, last = [], {}
    for name in names:
        asked = start(world, name, ref, query)
        asked.setblocking(False)
        selector.register(asked, selectors.EVENT_READ)
        last[asked] = b""
    while selector.get_map():
        for key, _ in selector.select():
            asked = key.fileobj
            size = asked.recv_into(view)
            if size:
                last[asked] = (last[asked] + bytes(view[max(0, size - 3000):size]))[-3000:]
                continue
            took.append(time.perf_counter() - began)
            check(last[asked], rows)
            selector.unregister(asked)
            asked.close()
    return took


def select(world, ref):
    return (f"SELECT lpad(row_id::text, 13, '0') AS _row, round(lat, 2) AS lat, round(lon, 2) AS lon, date_trunc('hour', at AT TIME ZONE 'UTC') AS at, "
            f"pm10, pm25 FROM {world.tables[ref]} ORDER BY pool_id, row_id")


def copy(world, ref, target):
    subprocess.run(["psql", "-XAtq", world.trust.database, "-c", f"\\copy ({select(world, ref)}) TO '{target}' CSV HEADER"], check=True)


def children(world):
    parent = world.trust.daemon.process.pid
    return pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()


def resident(world):
    """KiB of the largest HTTP process of the daemon."""
    return max(int(line.split()[1]) for pid in children(world) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
               if line.startswith("VmRSS"))


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / HZ


def server_cpu(world):
    """Seconds of CPU of the daemon's processes, and of their database sessions, so far."""
    sessions = [pid for (pid,) in world.trust.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'ch_metering'")]
    return cpu_seconds(children(world)), cpu_seconds(sessions)


def cpu_of(world, ref):
    """Seconds of CPU of the session that copies the same select."""
    psql = subprocess.Popen(["psql", "-XAtq", world.trust.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    psql.stdin.write("SELECT pg_backend_pid();\n")
    psql.stdin.flush()
    session = int(psql.stdout.readline())
    before = cpu_seconds([session])
    psql.stdin.write(f"\\copy ({select(world, ref)}) TO '{os.devnull}' CSV HEADER\nSELECT 1;\n")
    psql.stdin.flush()
    psql.stdout.readline()
    spent = cpu_seconds([session]) - before
    psql.stdin.close()
    psql.wait()
    return spent

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_withdrawal.sh: measures, prints a `result:` line a figure."""
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from consenting import LIC, OWNERS, PURPOSE, Ground, uid  # noqa: E402
from stack import Stack, wait_for  # noqa: E402

TOGETHER, SAMPLES = int(os.environ["TOGETHER"]), int(os.environ["SAMPLES"])
GRANT = uid("grant bench")
RUNNING = f"SELECT count(*) FROM metering.delivery WHERE grant_id = '{GRANT}' AND state = 'open'"


class Readers:
    """Clients that read deliveries one behind another, each at some 2 MiB/s, so that all of them are always under way."""

    def __init__(self, ground):
        self.ground, self.stop, self.token = ground, threading.Event(), None
        self.renew()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(TOGETHER)]
        for thread in self.threads:
            thread.start()

    def renew(self):
        epoch = self.ground.trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", GRANT)[0][0]
        self.token = self.ground.token("bench", "air", epoch=epoch)

    def read(self):
        with socket.create_connection(("127.0.0.1", self.ground.trust.port), timeout=60) as connection:
            connection.sendall(f"GET /metering/v1/pools/air/rows HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {self.token}"
                               "\r\n\r\n".encode())
            while not self.stop.is_set() and connection.recv(1 << 17):
                time.sleep(0.05)

    def run(self):
        while not self.stop.is_set():
            try:
                self.read()
            except OSError:
                pass
            time.sleep(0.05)

    def all_run(self):
        self.renew()
        wait_for("deliveries under way", lambda: self.ground.trust.sql(RUNNING)[0][0] >= TOGETHER * 9 // 10, 90, 0.05)


def load(trust, stack):
    ground = Ground(trust, stack, rows=60000)
    ground.give()
    ground.grant("bench", cohort=1)
    trust.sql("INSERT INTO licensing.grant_due (grant_id, at) VALUES (%s, now() + interval '1 day') ON CONFLICT DO NOTHING", GRANT)
    for table in ("prohibition", "prohibition_lift"):  # votes are other benches' matter
        trust.unguarded(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER")
    trust.sql("VACUUM ANALYZE")
    return ground


def late(ground, epoch):
    """Batches of older consent epochs that were committed behind a change that made this epoch."""
    return ground.trust.sql(
        "SELECT count(*) FROM metering.batch AS b, (SELECT e.at FROM licensing.consent_event AS e JOIN licensing.consent_current AS c "
        "ON c.event_id = e.id WHERE c.epoch = %s AND c.pool_id = %s LIMIT 1) AS t WHERE b.grant_id = %s AND b.consent_epoch < %s AND b.committed_at > t.at",
        epoch, ground.pool_id, GRANT, epoch)[0][0]


def change_consent(ground, withdraw):
    """Seconds from the member's request to its commit, behind which no batch rests on the consent."""
    began = time.perf_counter()
    if withdraw:
        ground.trust["ada"].post(f"{LIC}/consents/withdraw-all", {"purpose": PURPOSE})
    else:
        ground.give(["ada"])
    took = time.perf_counter() - began
    return took, ground.trust.sql("SELECT epoch FROM licensing.consent_epoch WHERE pool_id = %s", ground.pool_id)[0][0]


def measure_withdrawals(ground, readers):
    times, wrong = [], 0
    for i in range(2 * SAMPLES):
        readers.all_run()
        took, epoch = change_consent(ground, i % 2 == 0)
        if i % 2 == 0:
            times.append(took)
            wrong += late(ground, epoch)
    return max(times), wrong


def measure_ends(ground, readers, end, begin_again):
    """Seconds until no delivery commits another batch (the grant is suspended), and how many did so behind that all the same."""
    times, wrong = [], 0
    for _ in range(SAMPLES):
        readers.all_run()
        readers.token = "dead"
        began = time.perf_counter()
        end()
        wait_for("effect", lambda: ground.trust.sql("SELECT state = 'suspended' FROM licensing.data_grant WHERE id = %s", GRANT)[0][0], 60, 0.005)
        times.append(time.perf_counter() - began)
        batches = "SELECT count(*) FROM metering.batch WHERE grant_id = %s"
        before = ground.trust.sql(batches, GRANT)
        wait_for("deliveries ended", lambda: ground.trust.sql(RUNNING)[0][0] == 0 or None, 60, 0.05)
        wrong += ground.trust.sql(batches, GRANT)[0][0] - before[0][0]
        begin_again()
    return max(times), wrong


def revoke(ground):
    assert ground.trust.sql("SELECT licensing.move_grant(%s, 'suspend', 'Y', NULL, 'bench', false, NULL)", GRANT) == [(True,)]


def resume(ground):
    ground.trust.sql("SELECT licensing.move_grant(%s, 'resume', 'Y', NULL, 'bench', false, NULL)", GRANT)
    wait_for("active", lambda: ground.trust.sql("SELECT state = 'active' FROM licensing.data_grant WHERE id = %s", GRANT)[0][0], 30, 0.05)


def prohibit(ground):
    ground.trust.unguarded(f"INSERT INTO governance.prohibition (id, purpose, from_at, old_grants_at) VALUES (log.new_id(), '{PURPOSE}', now(), now())")


def permit(ground):
    ground.trust.unguarded("INSERT INTO governance.prohibition_lift (prohibition_id, at, proposal_id) SELECT p.id, now(), log.new_id() "
                           "FROM governance.prohibition AS p WHERE NOT EXISTS (SELECT FROM governance.prohibition_lift AS l WHERE l.prohibition_id = p.id)"
                           f" AND p.purpose = '{PURPOSE}'")
    wait_for("active again", lambda: ground.trust.sql("SELECT state = 'active' FROM licensing.data_grant WHERE id = %s", GRANT)[0][0], 60, 0.05)


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench.")
    stack = Stack(folder)
    try:
        trust = stack.trust(settings={"common": {"processes": 2, "requests_per_client": 4 * TOGETHER}})
        ground = load(trust, stack)
        readers = Readers(ground)
        slowest, wrong = measure_withdrawals(ground, readers)
        print(f"result: withdrawal to effect, {TOGETHER} deliveries | {slowest:.3f} s | - | <= 2", flush=True)
        print(f"result: batches committed behind a withdrawal with its rows | {wrong} | - | <= 0", flush=True)
        for what, end, again in (("revocation", revoke, resume), ("prohibition in force", prohibit, permit)):
            slowest, wrong = measure_ends(ground, readers, lambda end=end: end(ground), lambda again=again: again(ground))
            print(f"result: {what} to effect, {TOGETHER} deliveries | {slowest:.3f} s | - | <= 2", flush=True)
            print(f"result: batches committed behind a {what.split()[0]} | {wrong} | - | <= 0", flush=True)
        readers.stop.set()
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

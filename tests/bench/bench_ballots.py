# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_ballots.sh: measures, prints one line a figure."""
import glob
import io
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import psycopg2  # noqa: E402
from stack import Stack  # noqa: E402
from sealing import Vote, row, seal, secret_trust, verify  # noqa: E402

BALLOTS = int(os.environ["BALLOTS"])
CASTS, CLIENTS = min(BALLOTS, 20000), 4
CLASSES = "UWC"
PGBENCH = shutil.which("pgbench") or sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]


def result(name, ours, unit, bar, base="-"):
    print(f"result: {name} | {ours:.4g} {unit} | {base} | {bar}", flush=True)


def sealed(job):
    """A slice of the ballots, in a process of its own."""
    box, stewards, first, last = job
    return [seal.seal(box, CLASSES[n % 3], stewards, {"c": ("yes", "yes", "no", "abstain")[n % 4]}) for n in range(first, last)]


def electors(trust):
    """So many members, with nothing of theirs but what a roll asks."""
    for statement in (
            "INSERT INTO governance.member (member_id, founder) SELECT log.new_id(), true FROM generate_series(1, %s)",
            "INSERT INTO governance.standing (member_id, seq, standing, since_at, reason) SELECT member_id, 1, 'active', now(), 'bench' FROM governance.member AS m "
            "WHERE NOT EXISTS (SELECT FROM governance.standing AS s WHERE s.member_id = m.member_id)",
            "INSERT INTO governance.class_spell (member_id, seq, class, from_at, asked_at) SELECT member_id, 1, substr('UWC', mod(row_number() OVER (ORDER BY member_id) - 1, 3)::integer + 1, 1), "
            "now(), now() FROM governance.member AS m WHERE NOT EXISTS (SELECT FROM governance.class_spell AS s WHERE s.member_id = m.member_id)"):
        trust.sql(statement, *([BALLOTS] if "%s" in statement else []))


#: Each transaction takes the next ballot of its client; both scripts find it the same way.
NEXT = f"\\set i :i + 1\n\\set n :i * {CLIENTS} + :client_id\n"
OURS = NEXT + "SELECT governance.cast_ballot(b.member_id, '{proposal}', b.record, 'T') FROM bench.ballot AS b WHERE b.n = :n;\n"
#: The same two writes without a thought: the flag of a roll, and the record with its hash.
PLAIN = NEXT + ("WITH b AS (SELECT * FROM bench.ballot WHERE n = :n), flip AS (UPDATE bench.roll AS r SET voted = true FROM b WHERE r.member_id = b.member_id) "
                "INSERT INTO bench.box SELECT 'box', sha256(convert_to(b.record, 'UTF8')), convert_to(b.record, 'UTF8') FROM b;\n")
TABLES = """CREATE SCHEMA bench;
CREATE TABLE bench.roll AS SELECT member_id, class, voted FROM governance.roll;
ALTER TABLE bench.roll ADD PRIMARY KEY (member_id);
CREATE TABLE bench.box (box text, record_sha256 bytea, record bytea, PRIMARY KEY (box, record_sha256));
CREATE TABLE bench.ballot (n integer PRIMARY KEY, member_id uuid, record text)"""


def pgbench(trust, work, script):
    """Transactions a second over CLIENTS connections, CASTS in all."""
    path = pathlib.Path(work) / "script.sql"
    path.write_text(script)
    done = subprocess.run([PGBENCH, "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-t", str(CASTS // CLIENTS), "-D", "i=-1", "-f", path, trust.database],
                          capture_output=True, text=True, check=True)
    assert "number of failed transactions: 0 " in done.stdout, done.stdout
    return float(re.search(r"^tps = ([0-9.]+)", done.stdout, re.M).group(1))


def casting(trust, work, vote, ballots):
    """The first CASTS of them both ways, the others one by one."""
    trust.sql(TABLES)
    connection = psycopg2.connect(trust.database)
    with connection, connection.cursor() as cursor:
        cursor.copy_expert("COPY bench.ballot FROM STDIN", io.StringIO("".join(f"{n}\t{member}\t{record}\n" for n, (member, record) in enumerate(ballots))))
    base = pgbench(trust, work, PLAIN)
    ours = pgbench(trust, work, OURS.format(proposal=vote.id))
    result(f"sealed votes: casting, {CLIENTS} connections", ours, "casts/s", ">= 0.5", f"{base:.4g} two writes")
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT (governance.cast_ballot(member_id, %s, record, 'T')).outcome AS outcome FROM bench.ballot WHERE n >= %s", (vote.id, CASTS))
    connection.close()
    trust.sql("DROP SCHEMA bench CASCADE")


def main():
    work = tempfile.mkdtemp(prefix="commonhold-bench.")
    stack = None
    try:
        stack = Stack(work, durable=True)
        trust = secret_trust(stack, [row("policy")])
        trust.stop()
        electors(trust)
        trust.restart()
        vote = Vote(trust).open()
        rolls = {code: [m for m, in trust.sql("SELECT member_id::text FROM governance.roll WHERE class = %s ORDER BY 1 LIMIT %s", code, BALLOTS // 3 + 1)] for code in CLASSES}
        step = BALLOTS // 8 + 1
        with multiprocessing.Pool(2) as pool:
            texts = [text for part in pool.map(sealed, [(vote.box, vote.stewards, n, min(n + step, BALLOTS)) for n in range(0, BALLOTS, step)]) for text in part]
        casting(trust, work, vote, [(rolls[CLASSES[n % 3]][n // 3], text) for n, text in enumerate(texts)])
        start = time.monotonic()
        vote.end()
        result(f"sealed votes: closing a box of {BALLOTS}", time.monotonic() - start, "s", "<= 30")
        for code in "UW":
            vote.reveal(code)
        start = time.monotonic()
        trust.wait_state(vote.id, ["in_force", "lapsed", "rejected"], 600)
        result(f"sealed votes: opening and tallying {BALLOTS}", time.monotonic() - start, "s", "<= 60")
        start = time.monotonic()
        bundle = vote.bundle()
        result("sealed votes: the bundle", time.monotonic() - start, "s", "<= 30")
        start = time.monotonic()
        assert verify(bundle)[0] == 0
        result(f"sealed votes: verifying {len(bundle) >> 20} MiB", time.monotonic() - start, "s", "<= 60")
        stack.release(trust)
    finally:
        if stack:
            stack.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demonstration's cycle (deploy/demo/cycle.py) run on a trust of the stack: once on synthetic readings for all tests of a session that
need a trust with everything in it, and on real readings where they are. No assertions of its own beyond those of the cycle."""
import contextlib
import csv
import io
import os
import pathlib
import re
import tarfile

import cycle
import generate
import money
from stack import ROOT

SHARED = pathlib.Path(os.environ.get("CH_SHARED_DATA", ROOT.parent / "shared" / "data"))
#: Seven owners: when one withdraws there are still more than the smallest cohort of five.
SEED, SENSORS, DAYS, STEP = 20260504, 7, 2, 900
PASSED = re.compile(r"^\d\d\d\d-\d\d-\d\d_sds011_sensor_(\d+)\.csv$")


class Week:
    """A folder of readings as their owners contribute them, and what is known about it from outside."""

    def __init__(self, folder):
        self.folder = folder
        self.files = sorted(p for p in folder.iterdir() if PASSED.match(p.name))
        self.rows = {p: list(csv.DictReader(p.open(newline=""), delimiter=";")) for p in self.files}
        self.members = {r["sensor_id"]: int(r["rows"]) for r in csv.DictReader((folder / "members.csv").open(newline=""))}

    def readings(self, without=()):
        """(sensor, row) of every file, in the order of the files."""
        for path in self.files:
            for row in self.rows[path]:
                if row["sensor_id"] not in without:
                    yield row["sensor_id"], row


def synthetic_week(folder):
    generate.write_week(folder, SEED, SENSORS, DAYS, STEP)
    return Week(folder)


def aberdeen_week(folder):
    """The Aberdeen week, unpacked; None when it is not on this machine."""
    archive = SHARED / "aberdeen" / "aberdeen-sds011-2019-05-06_12.tar.gz"
    if not archive.is_file():
        return None
    folder.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        for entry in packed.getmembers():
            if PASSED.match(entry.name):
                (folder / entry.name).write_bytes(packed.extractfile(entry).read())
    (folder / "members.csv").write_bytes((SHARED / "aberdeen" / "members.csv").read_bytes())
    return Week(folder)


#: What the worker writes by itself whatever is asked: clocks, estimates, public figures, and the tree that follows the leaves in the outbox.
BY_ITSELF = ("metering.clock", "metering.public_month", "metering.public_total", "licensing.grant_due", "payout.estimate", "log.entry", "log.tile", "log.checkpoint", "log.health")
#: Of these some columns move on by themselves (the worker's progress, a sign-in's last use, which its owner's next token renews); the
#: rest is what a request wrote.
WRITTEN = {"log.outbox": "x.id || x.topic || x.payload::text", "portal.sign_in": "x.token_sha256::text || COALESCE(x.ended_at::text, '')"}


def fingerprint(trust, but=()):
    """table -> (rows, hash of all of them), of everything a request may write."""
    tables = [f"{s}.{t}" for s, t in trust.sql(
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
        "AND NOT c.relispartition AND n.nspname IN ('governance', 'licensing', 'pooldata', 'metering', 'payout', 'portal', 'log') ORDER BY 1, 2")]
    return {name: (rows, text) for name, rows, text in trust.sql(" UNION ALL ".join(
        f"SELECT '{t}', count(*), COALESCE(bit_xor(hashtextextended({WRITTEN.get(t, 'x::text')}, 0)), 0) FROM {t} AS x"
        for t in tables if t not in BY_ITSELF and t not in but))}


@contextlib.contextmanager
def unchanged(trust, but=()):
    """What happens inside must leave every table as it is, those of `but` aside."""
    before = fingerprint(trust, but)
    yield
    after = fingerprint(trust, but)
    changed = {t for t in before if before[t] != after[t]}
    assert changed == set(), changed


def run_cycle(stack, week):
    """A fresh trust that has gone through the whole cycle; gives the cycle, with `week` beside its own results, and in `refusals` what it
    saw refused on the way: each of these left every table as it was."""
    trust = stack.trust(sign_in=False)
    made = cycle.Cycle(trust, week.folder)
    made.week, made.refusals, plain = week, [], money.refused

    def watched(slug, deed):
        with unchanged(trust):
            done = plain(slug, deed)
        made.refusals.append(slug)
        return done
    cycle.refused = watched
    made.charter = stack.folder / f"{trust.name}.charter.json"
    made.out = stack.folder / f"out-{trust.name}"
    made.out.mkdir()
    try:
        made.run()
    finally:
        cycle.refused = plain
    return made


def cycled(stack):
    """The synthetic cycle of this session: run by whoever asks first, ended with the stack. One that failed is not tried again."""
    if not hasattr(stack, "cycled"):
        try:
            stack.cycled = run_cycle(stack, synthetic_week(stack.folder / "synthetic-week"))
        except Exception as error:
            stack.cycled = error
    if isinstance(stack.cycled, Exception):
        raise stack.cycled
    return stack.cycled


def everything(client, path):
    """Items of all pages of a list."""
    items, after = [], ""
    while after is not None:
        page = client.get(f"{path}{'&' if '?' in path else '?'}limit=100{after}").json
        items += page["items"]
        after = f"&after={page['next']}" if page.get("next") else None
    return items


def csv_rows(body):
    """Rows of a delivered CSV, and its trailer's members."""
    lines = body.decode().splitlines(keepends=True)
    trailer = dict(line[2:].rstrip().split(": ", 1) for line in lines if line.startswith("# "))
    return list(csv.DictReader(io.StringIO("".join(line for line in lines if not line.startswith("# ")), newline=""))), trailer


def evidence(trust, sha256):
    """A document kept beside the journal, by its hash."""
    return bytes(trust.sql("SELECT bytes FROM payout.evidence WHERE sha256 = %s", sha256)[0][0])



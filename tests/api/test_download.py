# SPDX-License-Identifier: AGPL-3.0-or-later
"""`commonhold download` as a licensee runs it, and the tools licensees have anyway: curl and jq by the recipe of docs/download.md, pandas."""
import base64
import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from granted import public_x, thumbprint
from machines import Line, Machine
from stack import DEADLINE, ROOT, eventually
from test_metering import DATA, ORGANISATION, PLAN, World, load_aberdeen, load_long, sha, uid

CLIENT, SECRET = "reader-0001", "s3cret-of-the-reader"
BATCH = 400_000  # bytes: within the second batch
FIRST = 100_000  # bytes: within the first batch


@pytest.fixture(scope="module")
def world(stack):
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there")
    trust = stack.trust(settings={"common": {"processes": 2, "requests_per_client": 64}})
    made = World(trust, stack)
    for ref, load in (("air", load_aberdeen), ("long", load_long)):
        made.pool(ref)
        load(made)
        made.grant(ref, ref, plan=PLAN + [{"name": "device", "rule": "keep"}])
    made.grant("quota", "air", quotas=[{"meter": "rows", "period": "day", "limit": 12345}])
    made.grant("k24", "air", cohort=24)
    made.key = Ed25519PrivateKey.generate()
    public = public_x(made.key)
    trust.sql("INSERT INTO licensing.client (id, organisation_id, name, created_by) VALUES (%s, %s, 'reader', %s)", CLIENT, ORGANISATION, uid("x"))
    trust.sql("INSERT INTO licensing.client_secret (client_id, no, sha256) VALUES (%s, 1, %s)", CLIENT, sha(SECRET))
    trust.sql("INSERT INTO licensing.client_key (client_id, no, kid, x) VALUES (%s, 1, %s, %s)", CLIENT, thumbprint(public), public)
    yield made
    stack.release(trust)


class Home(Machine):
    """A licensee's."""

    def __init__(self, folder, world):
        super().__init__(folder)
        self.world = world
        (folder / "secret").write_text(SECRET + "\n")
        seed = world.key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        (folder / "reader.key").write_text(base64.b64encode(seed).decode() + "\n")
        (folder / "reader.key").chmod(0o400)

    def command(self, ref, *arguments, grant=None, origin=None):
        more = [] if "--key-file" in arguments else ["--secret-file", self.folder / "secret"]
        return super().command("download", ref, "--grant", uid("grant " + (grant or ref)), "--client", CLIENT, "--origin", origin or self.world.trust.base,
                               *more, *arguments)


@pytest.fixture
def home(tmp_path, world):
    return Home(tmp_path, world)


def whole(world, ref, query="", accept="text/csv"):
    """Body of an undisturbed delivery, without trailer."""
    got = world.rows("?trailer=0" + query, ref, ref, headers={"Accept": accept})
    assert got.status == 200, got.body
    return got.body


class DownLine(Line):
    """Breaks once `limit` bytes of a connection have come down, `times` times, or stands still there."""

    def __init__(self, port, limit, times=1, stands=False):
        super().__init__(port)
        self.limit, self.times, self.stands, self.down = limit, times, stands, 0

    def begins(self):
        self.down = 0

    def passes(self, data, up, there):
        if up or not self.times or self.down + len(data) <= self.limit:
            self.down += 0 if up else len(data)
            there.sendall(data)
            return True
        there.sendall(data[:self.limit - self.down])
        self.full.set()
        if self.stands:
            time.sleep(DEADLINE)
        self.times -= 1
        return False


class SwallowingLine(DownLine):
    """Breaks too, but takes all of the answer off the trust's network before it does."""

    tail = b""

    def passes(self, data, up, there):
        if up or not self.times:
            there.sendall(data)
            return True
        there.sendall(data[:max(0, self.limit - self.down)])
        self.down += len(data)
        self.tail = (self.tail + data)[-5:]
        if self.tail != b"0\r\n\r\n":
            return True
        self.full.set()
        if self.stands:
            time.sleep(DEADLINE)
        self.times -= 1
        return False


def counted(world, ref):
    world.fold()
    return world.trust.sql("SELECT COALESCE(sum(units), 0)::bigint FROM metering.usage_day WHERE grant_id = %s", uid("grant " + ref))[0][0]


def test_the_week_arrives_as_the_trust_sent_it(home, world):
    before = counted(world, "air")
    code, out, err = home.run("air", "--output", "week.csv")
    assert code == 0, err
    assert re.fullmatch(r"week\.csv: 88396 rows, \d+ bytes, hashes agree, delivered as [0-9a-f-]{36}\n", out)
    body = (home.folder / "week.csv").read_bytes()
    assert body == whole(world, "air")
    delivery = world.get("/metering/v1/deliveries/" + out.split()[-1]).json
    assert delivery["body_sha256"] == hashlib.sha256(body).hexdigest() and delivery["state"] == "complete"
    assert counted(world, "air") == before + 2 * 88396  # the command's, and the one it was compared with
    assert sorted(path.name for path in home.folder.iterdir()) == ["reader.key", "secret", "state", "week.csv"]


def test_ndjson_gzip_filters_columns_and_a_limit(home, world):
    arguments = ("air", "pm10=gt.20", "--select", "at,pm10", "--limit", "777", "--format", "ndjson", "--compressed")
    code, out, err = home.run(*arguments)
    assert code == 0 and out.startswith("air.ndjson: 777 rows"), err
    body = (home.folder / "air.ndjson").read_bytes()
    assert body == whole(world, "air", "&select=at,pm10&limit=777&pm10=gt.20", "application/x-ndjson")
    rows = [json.loads(line) for line in body.splitlines()]
    assert len(rows) == 777 and all(set(row) == {"_row", "at", "pm10"} and row["pm10"] > 20 for row in rows)


def test_a_program_may_prove_itself_by_its_key(home):
    code, out, err = home.run("air", "--limit", "5", "--key-file", home.folder / "reader.key")
    assert code == 0 and out.startswith("air.csv: 5 rows"), err


@pytest.mark.parametrize("limit", [300, 700, 5_000, BATCH, 1_000_000, 2_345_678])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_line_that_breaks_costs_no_row_and_no_row_twice(home, world, form, limit):
    line = DownLine(world.trust.port, limit, times=3)
    try:
        code, out, err = home.run("long", "--format", form, "--limit", "100000", "--patience", "60", origin=line.origin)
    finally:
        line.close()
    assert code == 0 and line.times == 0, err
    assert (home.folder / f"long.{form}").read_bytes() == whole(world, "long", "&limit=100000", {"csv": "text/csv", "ndjson": "application/x-ndjson"}[form])
    assert "long." + form + ": 100000 rows" in out
    world.holds()


def test_rows_that_came_over_a_broken_line_are_counted_once(home, world):
    before = counted(world, "long")
    line = DownLine(world.trust.port, 2_000_000, times=2)
    try:
        code, out, err = home.run("long", "--limit", "150000", "--output", "once.csv", origin=line.origin)
    finally:
        line.close()
    assert code == 0, err
    assert len(out.split("delivered as")[1].split()) == 3
    eventually("the broken deliveries have ended", lambda: world.trust.sql("SELECT count(*) FROM metering.delivery WHERE state = 'open'")[0][0] == 0)
    assert counted(world, "long") - before == 150000


@pytest.mark.parametrize("killed", [False, True], ids=["the same command", "the next command"])
def test_what_was_acknowledged_and_lost_is_counted_once(home, world, killed):
    """The reader has not one whole batch, the trust's network was told that all arrived: rows are sent again and not counted again."""
    before = counted(world, "long")
    line = SwallowingLine(world.trust.port, FIRST, stands=killed)
    try:
        if killed:
            process = home.start("long", "--limit", "15000", origin=line.origin)
            assert line.full.wait(DEADLINE)
            eventually("a part on the disk", lambda: (home.folder / "long.csv.part").stat().st_size > 0)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            line.times = 0
        code, out, err = home.run("long", "--limit", "15000", origin=line.origin)
    finally:
        line.close()
    assert code == 0 and line.times == 0, err
    assert counted(world, "long") - before == 15000
    assert (home.folder / "long.csv").read_bytes() == whole(world, "long", "&limit=15000")


def test_kill_9_of_the_command_costs_no_row(home, world):
    line = DownLine(world.trust.port, 3_000_000, stands=True)
    try:
        process = home.start("long", "--limit", "120000", origin=line.origin)
        assert line.full.wait(DEADLINE)
        eventually("bytes on the disk", lambda: (home.folder / "long.csv.part").stat().st_size > 2_000_000)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not (home.folder / "long.csv").exists()
        line.times = 0
        code, out, err = home.run("long", "--limit", "120000", origin=line.origin)
    finally:
        line.close()
    assert code == 0 and "goes on at" in err and len(out.split("delivered as")[1].split()) == 2, err
    assert (home.folder / "long.csv").read_bytes() == whole(world, "long", "&limit=120000")


def test_another_question_does_not_go_on_in_the_file(home, world):
    line = DownLine(world.trust.port, 3_000_000)
    try:
        process = home.start("long", origin=line.origin)
        assert line.full.wait(DEADLINE)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    finally:
        line.close()
    size = (home.folder / "long.csv.part").stat().st_size
    code, out, err = home.run("long", "pm10=gt.3")
    assert code == 2 and out == "" and "is of another question" in err
    assert (home.folder / "long.csv.part").stat().st_size == size


def test_a_changed_part_is_refused(home, world):
    code, _, err = home.run("long", "--limit", "50000")
    assert code == 0, err
    delivery = world.trust.sql("SELECT id::text FROM metering.delivery WHERE grant_id = %s ORDER BY id DESC LIMIT 1", uid("grant long"))[0][0]
    question = f"{uid('grant long')} http://127.0.0.1:{world.trust.port}/metering/v1/pools/long/rows?trailer=0 csv limit 50000"
    os.rename(home.folder / "long.csv", home.folder / "long.csv.part")
    state = {"question": question, "deliveries": [{"id": delivery, "after": "", "offset": 0, "skipped": 0, "rows": 0}]}
    (home.folder / "long.csv.part.json").write_text(json.dumps(state))
    with open(home.folder / "long.csv.part", "r+b") as file:
        file.seek(100_000)
        file.write(b"!")
    code, out, err = home.run("long", "--limit", "50000")
    assert code == 2 and out == "" and re.search("batch [12] of delivery", err) and "another SHA-256" in err
    assert (home.folder / "long.csv.part").exists() and not (home.folder / "long.csv").exists()


def test_a_quota_ends_it_and_says_until_when(home, world):
    code, out, err = home.run("air", grant="quota")
    assert code == 2 and "quota_reached" in err, err
    rows = list(csv.DictReader(io.StringIO((home.folder / "air.csv.part").read_text(), newline="")))
    assert len(rows) == 12345
    code, _, err = home.run("air", grant="quota")
    assert code == 2 and "429" in err and "again in" in err


@pytest.mark.parametrize("arguments, code, says", [
    ((), 64, "POOL is missing"), (("air", "--format", "xlsx"), 64, "--format is csv or ndjson"), (("air", "--limit", "many"), 64, "whole numbers"),
    (("air", "pm10"), 64, "is no filter"), (("air", "--key-file", "reader.key", "--secret-file", "secret"), 64, "either --secret-file or --key-file"),
    (("air", "--select", "name"), 2, "column_not_granted"), (("air", "name=eq.1"), 2, "column_not_granted"),
    (("air", "pm10=about.5"), 2, "invalid"), (("nowhere",), 2, "invalid_scope"), (("air", "--key-file", "absent.pem"), 2, "absent.pem")])
def test_bad_input_is_named(home, arguments, code, says):
    command = home.command(*(arguments or ("",)))
    if not arguments:
        command.remove("")
    ran = subprocess.run(command, cwd=home.folder, env=home.environment, capture_output=True, text=True, timeout=DEADLINE)
    assert ran.returncode == code and ran.stdout == "" and says in ran.stderr, ran.stderr
    assert not list(home.folder.glob("*.csv"))


def test_what_the_trust_refuses_is_told(home, world):
    code, _, err = home.run("air", grant="k24")
    assert code == 2 and "cohort_too_small" in err
    (home.folder / "secret").write_text("wrong\n")
    code, _, err = home.run("air")
    assert code == 2 and "no access token: invalid_client" in err
    (home.folder / "secret").write_text("\n")
    code, _, err = home.run("air")
    assert code == 2 and "the secret is the first line" in err


def test_nothing_is_overwritten(home):
    (home.folder / "air.csv").write_text("mine")
    code, _, err = home.run("air")
    assert code == 2 and "is there already" in err and (home.folder / "air.csv").read_text() == "mine"
    (home.folder / "other.csv.part").write_text("mine")
    code, _, err = home.run("air", "--output", "other.csv")
    assert code == 2 and "is no download of ours" in err and (home.folder / "other.csv.part").read_text() == "mine"


def test_a_person_sees_how_far_it_is(home, world):
    code, shown = home.on_terminal("long")
    assert code == 0
    assert re.search(rb"long\.csv \d+\.\d MiB  \d+\.\d MiB/s", shown)


# ---- the tools licensees have anyway ----

def shell(home, block, origin):
    """A block of docs/download.md, run as it stands there."""
    script = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/download.md").read_text(), re.S)[block]
    token = re.findall(r"```sh\n(token=.*?)\n", (ROOT / "docs/download.md").read_text())[0]
    environment = {**os.environ, "ORIGIN": origin, "GRANT": uid("grant long"), "POOL": "long", "CLIENT": CLIENT, "SECRET": SECRET}
    return subprocess.run(["sh", "-ec", script if block == 0 else token + "\n" + script], cwd=home.folder, env=environment, capture_output=True, text=True,
                          timeout=DEADLINE)


def test_curl_and_jq_go_on_where_the_line_broke(home, world):
    line = DownLine(world.trust.port, 7_654_321)
    try:
        cut = shell(home, 0, line.origin)
    finally:
        line.close()
    assert cut.returncode != 0 and 7_600_000 < (home.folder / "rows.csv").stat().st_size < 7_654_321
    resumed = shell(home, 1, world.trust.base)
    assert resumed.returncode == 0, resumed.stderr
    assert (home.folder / "rows.csv").read_bytes() == whole(world, "long")


def test_jq_reads_ndjson(home, world):
    (home.folder / "air.ndjson").write_bytes(whole(world, "air", accept="application/x-ndjson"))
    counted = subprocess.run(["jq", "-rn", "[inputs | select(.pm10 != null)] | length", "air.ndjson"], cwd=home.folder, capture_output=True, text=True, timeout=DEADLINE)
    assert int(counted.stdout) == world.trust.sql(f"SELECT count(*) FROM {world.tables['air']} WHERE pm10 IS NOT NULL")[0][0]



def test_pandas_reads_it(home, world):
    pandas = pytest.importorskip("pandas", reason="python3-pandas is not installed")
    frame = pandas.read_csv(io.BytesIO(whole(world, "air")), parse_dates=["at"])
    assert len(frame) == 88396 and list(frame.columns) == ["_row", "lat", "lon", "at", "pm10", "pm25", "device"]
    assert frame["_row"].is_unique and int(frame["device"].nunique()) == 23
    with_trailer = world.rows(name="air").body
    assert pandas.read_csv(io.BytesIO(with_trailer), comment="#").equals(pandas.read_csv(io.BytesIO(whole(world, "air"))))
    lines = pandas.read_json(io.BytesIO(whole(world, "air", accept="application/x-ndjson")), lines=True)
    assert len(lines) == 88396

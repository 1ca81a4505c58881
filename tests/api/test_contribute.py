# SPDX-License-Identifier: AGPL-3.0-or-later
"""`commonhold sign-in` and `contribute` as a member runs them: files go up with a progress line, and a kill -9 of either side, or a line that
breaks, costs no more than the chunk that was under way."""
import hashlib
import json
import os
import signal
import socket

import pytest

from machines import Line, Machine
from stack import DEADLINE, PASSWORD, eventually
from trust import LIC, sensor_schema

CHUNK = 4 << 20
HEADER = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;P2\n"


def rows(count, first=0):
    return HEADER + "".join(f"{first + i};SDS011;22;57.1{i % 1000:03d};-2.1;2019-05-06T{i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d};1.5;0.5\n"
                            for i in range(count))


@pytest.fixture(scope="module")
def pool(trust):
    return trust.open_pool("air", "Air", sensor_schema())


@pytest.fixture(scope="module")
def about(stack, pool):
    path = stack.folder / "about.json"
    path.write_text(json.dumps({
        "pool": pool, "format": "csv", "dialect": {"delimiter": ";", "header_map": {"timestamp": "at", "P1": "pm10", "P2": "pm25"}},
        "provenance": {"source": "device", "software": "SDS011", "period": {"from": "2019-05-06", "until": "2019-05-06"}, "method": "measured",
                       "processing": "none"},
        "licence": {"kind": "own_data", "charter_version": 1}}))
    return path


class Home(Machine):
    """A member's."""

    def __init__(self, folder, trust):
        super().__init__(folder)
        self.trust = trust
        (folder / "password").write_text(PASSWORD + "\n")

    def sign_in(self, origin=None):
        email = next(f["email"] for f in self.trust.charter["founders"] if f["ref"] == "lin")
        return self.run("sign-in", "--origin", origin or self.trust.base, "--email", email, "--password-file", self.folder / "password")


@pytest.fixture
def home(tmp_path, trust, pool):
    made = Home(tmp_path / "home", trust)
    code, out, err = made.sign_in()
    assert code == 0 and out.startswith("signed in as"), err
    return made


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return path


def contributions(trust, path):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return trust["lin"].get(f"{LIC}/contributions?sha256={digest}").json["items"]


class UpLine(Line):
    """Counts what went up, stops or breaks behind `limit` bytes. What comes up while the line stands still goes nowhere."""

    def __init__(self, port):
        super().__init__(port)
        self.limit, self.breaks, self.sent = None, False, 0

    def passes(self, data, up, there):
        self.sent += len(data) if up else 0
        if not up or self.limit is None or self.sent <= self.limit:
            there.sendall(data)
            return True
        self.full.set()
        self.limit = None if self.breaks else self.limit
        return not self.breaks


@pytest.fixture
def line(trust):
    made = UpLine(trust.port)
    yield made
    made.close()


def test_a_file_goes_up_and_its_rows_are_told(home, trust, about, tmp_path):
    path = write(tmp_path, "week.csv", rows(1000))
    code, out, err = home.run("contribute", path, "--about", about)
    assert code == 0 and out.startswith("week.csv: accepted, 1000 rows, 0 bad rows left out, contribution "), (out, err)
    [made] = contributions(trust, path)
    assert made["state"] == "accepted" and made["size"] == path.stat().st_size


def test_the_same_command_again_sends_nothing_twice(home, trust, about, tmp_path):
    first, second = write(tmp_path, "a.csv", rows(10, 1)), write(tmp_path, "b.csv", rows(10, 2))
    code, _, err = home.run("contribute", first, "--about", about)
    assert code == 0, err
    code, out, _ = home.run("contribute", first, second, "--about", about)
    assert code == 0 and "a.csv: contributed before" in out and "b.csv: accepted, 10 rows" in out
    assert len(contributions(trust, first)) == 1
    assert home.run("contribute", first, "--about", about, "--again")[0] == 0
    assert len(contributions(trust, first)) == 2


def test_a_refused_file_names_lines_and_columns(home, about, tmp_path):
    path = write(tmp_path, "bad.csv", rows(3, 7).replace("1.5", "warm", 1))
    code, out, err = home.run("contribute", path, "--about", about)
    assert code == 2 and out == "" and "bad.csv: rejected" in err and "line 2, row 1, column pm10: type: warm" in err


def test_one_bad_file_does_not_stop_the_others(home, about, tmp_path):
    code, out, err = home.run("contribute", write(tmp_path, "bad.csv", rows(2, 8).replace("57.1", "north", 1)), tmp_path / "absent.csv",
                              write(tmp_path, "good.csv", rows(2, 9)), "--about", about)
    assert code == 2 and "good.csv: accepted, 2 rows" in out and "absent.csv: No such file" in err


@pytest.mark.parametrize("arguments, says", [
    ([], "--about is missing"), (["--about"], "--about needs a value"), (["--about", "{about}"], "FILE is missing"),
    (["x", "--about", "{about}", "--speed", "9"], "--speed is no option"), (["x", "--about", "{about}", "--patience", "soon"], "whole seconds"),
    (["x", "--about", "{about}", "--patience", "10m"], "whole seconds")])
def test_wrong_arguments_are_named(home, about, arguments, says):
    code, out, err = home.run("contribute", *[a.format(about=about) for a in arguments])
    assert code == 64 and out == "" and says in err and "usage: commonhold contribute" in err


@pytest.mark.parametrize("text, says", [("[1]", "an object is wanted"), ("{", "line 1"), ('{"format":"csv"}', "names no pool"),
                                        ('{"pool":"air","format":"csv"}', "/provenance")])
def test_a_wrong_description_is_refused_before_anything_is_sent(home, trust, tmp_path, text, says):
    path = write(tmp_path, "c.csv", rows(2, 11))
    code, out, err = home.run("contribute", path, "--about", write(tmp_path, "about.json", text))
    assert code == 2 and out == "" and says in err
    assert contributions(trust, path) == []


def test_who_is_not_signed_in_is_told_how(tmp_path, trust, about):
    stranger = Home(tmp_path / "stranger", trust)
    path = write(tmp_path, "d.csv", rows(2, 12))
    code, _, err = stranger.run("contribute", path, "--about", about)
    assert code == 2 and "nobody has signed in from here before" in err
    code, _, err = stranger.run("contribute", path, "--about", about, "--origin", trust.base)
    assert code == 2 and "401 not_signed_in" in err and "commonhold sign-in" in err
    (stranger.folder / "password").write_text("tr0ub4dor\n")
    code, _, err = stranger.sign_in()
    assert code == 2 and "401 sign_in_refused" in err and "tr0ub4dor" not in err


def test_signing_out_ends_the_session(home, about, tmp_path):
    assert home.run("sign-out")[0] == 0
    assert home.run("contribute", write(tmp_path, "e.csv", rows(2, 13)), "--about", about)[0] == 2


def test_the_session_on_disk_is_for_its_owner_alone(home):
    folder = home.folder / "state" / "commonhold"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_a_token_that_ran_out_is_renewed(home, about, tmp_path):
    """Five minutes later: the token's cookie is gone, the sign-in's is not."""
    [jar] = (home.folder / "state" / "commonhold").glob("*.cookies")
    lines = [one for one in jar.read_text().splitlines() if "\tch_token\t" not in one]
    jar.write_text("\n".join(lines) + "\n")
    code, out, err = home.run("contribute", write(tmp_path, "f.csv", rows(2, 14)), "--about", about)
    assert code == 0 and "accepted" in out, err


def test_a_broken_line_costs_nothing_but_the_chunk(home, line, trust, about, tmp_path):
    path = write(tmp_path, "long.csv", rows(400000, 100))
    assert home.sign_in(line.origin)[0] == 0
    line.limit, line.breaks = line.sent + CHUNK + CHUNK // 2, True
    code, out, err = home.run("contribute", path, "--about", about)
    assert line.full.is_set() and code == 0 and "accepted, 400000 rows" in out, err
    assert line.sent < path.stat().st_size + CHUNK + (1 << 20)
    [made] = contributions(trust, path)
    assert made["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_killed_command_goes_on_where_it_was(home, line, trust, about, tmp_path):
    path = write(tmp_path, "killed.csv", rows(500000, 200))
    size = path.stat().st_size
    assert size > 4 * CHUNK and home.sign_in(line.origin)[0] == 0
    sent = 0
    for kill in range(3):
        line.full.clear()
        line.limit = line.sent + CHUNK + CHUNK // 3
        process = home.start("contribute", path, "--about", about)
        assert line.full.wait(DEADLINE), process.communicate()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        line.limit = None
        received = eventually("the chunk to be stored", lambda: contributions(trust, path)[0]["upload"]["received"])
        assert received >= sent + CHUNK, "an acknowledged chunk was lost"
        sent = received
    code, out, err = home.run("contribute", path, "--about", about)
    assert code == 0 and "accepted, 500000 rows" in out and f"goes on at {sent} of {size} bytes" in err, err
    [made] = contributions(trust, path)
    assert made["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() and made["size"] == size


def test_a_killed_daemon_is_waited_for(home, line, stack, about, tmp_path):
    """The trust dies in the middle of a chunk and comes back: the command that waits goes on by itself."""
    trust = home.trust
    path = write(tmp_path, "daemon.csv", rows(300000, 300))
    assert home.sign_in(line.origin)[0] == 0
    line.limit = line.sent + CHUNK + CHUNK // 3
    process = home.start("contribute", path, "--about", about, "--patience", str(DEADLINE))
    assert line.full.wait(DEADLINE)
    os.kill(trust.daemon.process.pid, signal.SIGKILL)
    trust.daemon.process.wait()
    line.limit = None
    trust.stop()
    trust.start()
    out, err = process.communicate(timeout=DEADLINE * 2)
    assert process.returncode == 0 and "accepted, 300000 rows" in out, err
    [made] = contributions(trust, path)
    assert made["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_unreachable_trust_ends_the_patience(tmp_path, home, about):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        code, _, err = home.run("contribute", write(tmp_path, "g.csv", rows(2, 15)), "--about", about, "--origin",
                                f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert code != 0 and "no answer" in err


def test_a_terminal_gets_a_bar(home, about, tmp_path):
    path = write(tmp_path, "bar.csv", rows(200000, 400))
    code, seen = home.on_terminal("contribute", path, "--about", about)
    assert code == 0 and b"\rbar.csv [" in seen and b"100 %" in seen and b"MiB/s" in seen


def test_the_head_of_an_upload_tells_the_same_to_any_client(home, trust, about, tmp_path):
    """What the command leaves half done is an ordinary tus upload: HEAD says where it stands."""
    path = write(tmp_path, "half.csv", rows(200000, 500))
    line = UpLine(trust.port)
    try:
        assert home.sign_in(line.origin)[0] == 0
        line.limit = line.sent + CHUNK + CHUNK // 3
        process = home.start("contribute", path, "--about", about)
        assert line.full.wait(DEADLINE)
        process.kill()
        process.communicate()
    finally:
        line.close()
    [made] = contributions(trust, path)
    answer = trust["lin"].send("HEAD", f"{LIC}/uploads/{made['upload']['id']}", headers={"Tus-Resumable": "1.0.0"})
    assert answer.status == 200 and int(answer.headers["Upload-Offset"]) >= CHUNK
    assert int(answer.headers["Upload-Length"]) == path.stat().st_size

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member uploads 20 MiB in the browser over a line that is cut once; the trust has every byte and every row, and the page said so."""
import hashlib
import json
import pathlib
import subprocess

import pytest

from stack import PASSWORD
from trust import LIC, sensor_schema

HERE = pathlib.Path(__file__).resolve().parent
ROWS = 390_000
LINE = "{id};SDS011;7;57.1;-2.1;2019-05-06T{h:02}:{m:02}:{s:02};{pm}.5;2.25"


@pytest.fixture(scope="module")
def trust(stack, pages):
    made = stack.trust(settings={"portal": {"portal_dir": pages}})
    made.open_pool("air", "Air", sensor_schema())
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """A little more than 20 MiB, in which no sensor has a moment twice."""
    lines = [LINE.format(id=1000 + n // 86400, h=n // 3600 % 24, m=n // 60 % 60, s=n % 60, pm=n % 90) for n in range(ROWS)]
    path = tmp_path_factory.mktemp("week") / "week.csv"
    path.write_text("sensor_id;sensor_type;location;lat;lon;timestamp;P1;P2\n" + "\n".join(lines) + "\n")
    assert path.stat().st_size > 20 << 20
    return path


def test_a_week_goes_up(trust, week):
    email = next(f["email"] for f in trust.charter["founders"] if f["ref"] == "lin")
    given = {"base": trust.base, "email": email, "password": PASSWORD, "pool": "air", "file": str(week),
             "columns": ["sensor_id", "sensor_type", "location", "lat", "lon", "at", "pm10", "pm25"]}
    done = subprocess.run(["node", "contribute.mjs"], cwd=HERE, input=json.dumps(given), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout)
    mine = trust["lin"].get(f"{LIC}/contributions").json["items"][0]
    assert (mine["state"], mine["rows"], mine["bad_rows"]) == ("accepted", ROWS, 0)
    assert (mine["sha256"], mine["size"]) == (hashlib.sha256(week.read_bytes()).hexdigest(), week.stat().st_size)
    # six chunks of 4 MiB, one of which went twice; the offset was asked at the start and behind the cut
    assert (seen["patches"], seen["heads"]) == (-(-week.stat().st_size // (4 << 20)) + 1, 2)
    assert all("ERR_CONNECTION_RESET" in text for text in seen["complaints"]), seen["complaints"]
    assert f"{ROWS:,}" in seen["end"] and "No row has an error." in seen["end"]
    assert [quarter for quarter in ("25 %", "50 %", "75 %") if any(quarter in text for text in seen["said"])], seen["said"]
    assert len(seen["said"]) < 20, "announced at each event"

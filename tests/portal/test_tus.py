# SPDX-License-Identifier: AGPL-3.0-or-later
"""tus-js-client, the reference client, uploads the Aberdeen week: every file whole, and a week of uploads that were cut and taken up again."""
import hashlib
import json
import subprocess

import pytest

from cycled import aberdeen_week, synthetic_week
from stack import PASSWORD, eventually
from trust import LIC, sensor_dialect, sensor_schema


@pytest.fixture(scope="module")
def week(stack):
    """The files and whether they are the real ones."""
    folder = stack.folder / "tus-week"
    real = aberdeen_week(folder) is not None
    if not real:
        folder = stack.folder / "tus-synthetic"
        synthetic_week(folder)
    return sorted(folder.glob("20*.csv")), real


@pytest.fixture(scope="module")
def about(trust):
    trust.open_pool("air", "Air", sensor_schema())
    return {"pool": "air", "format": "csv", "dialect": sensor_dialect(), "licence": {"kind": "own_data", "charter_version": 1},
            "provenance": {"source": "device", "software": "SDS011", "method": "measured", "processing": "none",
                           "period": {"from": "2019-05-06", "until": "2019-05-12"}}}


def upload(packages, trust, tmp_path, about, files, **more):
    email = next(f["email"] for f in trust.charter["founders"] if f["ref"] == "lin")
    wanted = {"base": trust.base, "email": email, "password": PASSWORD, "about": about, "store": str(tmp_path / "uploads.json"),
              "files": [str(path) for path in files], **more}
    done = subprocess.run(["node", "upload.mjs"], cwd=packages, input=json.dumps(wanted), capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def decided(trust, identifier):
    found = trust["lin"].get(f"{LIC}/contributions/{identifier}").json
    return found if found["state"] in ("accepted", "rejected") else None


def check(trust, files, uploaded):
    """Each arrived byte for byte, and its rows were stored; how many rows in all."""
    rows = 0
    for path, one in zip(files, uploaded, strict=True):
        found = eventually(f"{path.name} to be decided", lambda one=one: decided(trust, one["contribution"]))
        assert found["state"] == "accepted", (path.name, found["reason"])
        assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() and found["size"] == path.stat().st_size
        rows += found["rows"]
    return rows


def test_the_week_goes_up(packages, trust, about, week, tmp_path):
    files, real = week
    rows = check(trust, files, upload(packages, trust, tmp_path, about, files, chunk=65536))
    assert rows == (88396 if real else sum(len(path.read_text().splitlines()) - 1 for path in files))


def test_uploads_that_were_cut_go_on_where_they_were(packages, trust, about, week, tmp_path):
    files = week[0][:12]
    uploaded = upload(packages, trust, tmp_path, about, files, chunk=2048, cut=30)
    assert all(one["cut"] for one in uploaded)
    check(trust, files, uploaded)

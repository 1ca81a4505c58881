# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole cycle of a cooperative once (deploy/demo/cycle.py), and its figures looked at from outside: against the files, against direct SQL,
against the offline calculators, against the bank's schema. On a small synthetic week, and on the Aberdeen week where it is."""
import collections
import decimal
import json
import subprocess

import pytest

from cycled import SHARED, aberdeen_week, csv_rows, cycled, everything, evidence, run_cycle
from stack import BIN, eventually, run

#: The Aberdeen week: files, owners, rows; and the sensor whose position is as fine as a home address.
ABERDEEN = (161, 23, 88396)
HOME_SENSOR = "24543"
POOL = "air"


@pytest.fixture(scope="module", params=["synthetic", "aberdeen"])
def done(request, stack):
    if request.param == "synthetic":
        yield cycled(stack)
        return
    week = aberdeen_week(stack.folder / "aberdeen-week")
    if week is None:
        pytest.skip(f"{SHARED}/aberdeen is not there: the cycle ran on synthetic readings alone")
    made = run_cycle(stack, week)
    yield made
    stack.release(made.trust)


@pytest.fixture(scope="module")
def uni(done):
    """Rows the university got as CSV, and the trailer."""
    return csv_rows(done.bodies["uni"])


def is_aberdeen(done):
    return HOME_SENSOR in done.week.members


def table_of(done):
    return done.trust.sql("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool WHERE ref = %s", POOL)[0][0]


def subject(done, sensor):
    """Member id of a sensor's owner."""
    return done.trust["s" + sensor].subject


def rounded(text):
    return str(decimal.Decimal(text).quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP))


def number(text):
    return decimal.Decimal(text) if text else None


# -- pooling --------------------------------------------------------------

def test_every_row_of_every_file_is_in_the_pool_once(done):
    table = table_of(done)
    if is_aberdeen(done):
        assert (len(done.week.files), len(done.sensors), done.rows) == ABERDEEN
    assert done.rows == sum(done.week.members.values()) == done.trust.sql(f"SELECT count(*) FROM {table}")[0][0]
    stored = collections.Counter(done.trust.sql(f"SELECT sensor_id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS'), lat, lon, "
                                                f"pm10, pm25 FROM {table}"))
    filed = collections.Counter((sensor, row["timestamp"], number(row["lat"]), number(row["lon"]), number(row["P1"]), number(row["P2"]))
                                for sensor, row in done.week.readings())
    assert stored == filed


def test_the_missing_value_is_null(done):
    missing = [row["timestamp"] for _, row in done.week.readings() if row["P2"] == ""]
    assert len(missing) == 1
    found = done.trust.sql(f"SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS'), pm10 IS NULL FROM {table_of(done)} WHERE pm25 IS NULL")
    assert found == [(missing[0], False)]


def test_rows_of_each_contributor(done):
    rows = done.trust.sql(f"SELECT c.member_id::text, sum(c.rows)::bigint, (SELECT count(*) FROM {table_of(done)} AS r WHERE r.contribution_id = "
                          "ANY(array_agg(c.contribution_id))) FROM licensing.contribution_overview AS c WHERE c.state = 'accepted' GROUP BY 1")
    assert sorted(rows) == sorted((subject(done, s), n, n) for s, n in done.week.members.items())


def test_the_refused_copy_left_nothing(done):
    states = done.trust.sql("SELECT state, count(*) FROM licensing.contribution GROUP BY state ORDER BY state")
    assert states == [("accepted", len(done.week.files)), ("rejected", 1)]
    assert done.trust.sql("SELECT count(*) FROM licensing.contribution_error")[0][0] == 1


# -- delivery -------------------------------------------------------------

def test_delivered_csv_is_the_direct_select(done, uni):
    rows, trailer = uni
    expected = done.trust.sql("SELECT round(lat, 2)::text, round(lon, 2)::text, to_char(date_trunc('hour', at AT TIME ZONE 'UTC'), "
                              f"'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), pm10::text, pm25::text FROM {table_of(done)} ORDER BY row_id")
    assert [(r["lat"], r["lon"], r["at"], r["pm10"], r["pm25"] or None) for r in rows] == expected
    assert trailer["end"] == "complete" and int(trailer["rows"]) == done.rows == len({r["_row"] for r in rows})


def test_delivered_csv_is_what_the_files_say_coarser(done, uni):
    got = collections.Counter((number(r["lat"]), number(r["lon"]), r["at"], number(r["pm10"]), number(r["pm25"])) for r in uni[0])
    want = collections.Counter((number(rounded(row["lat"])), number(rounded(row["lon"])), row["timestamp"][:13] + ":00:00Z", number(row["P1"]),
                                number(row["P2"])) for _, row in done.week.readings())
    assert got == want


def test_no_position_is_finer_than_the_terms_allow(done, uni):
    finest = {sensor: max(len(row["lat"].partition(".")[2]) for s, row in done.week.readings() if s == sensor) for sensor in done.week.members}
    home = max(finest, key=finest.get)
    assert finest[home] == 8 and (home == HOME_SENSOR or not is_aberdeen(done))
    exact = {(row["lat"], row["lon"]) for sensor, row in done.week.readings() if sensor == home}
    for rows, decimals in ((uni[0], 2), ([json.loads(x, parse_float=str) for x in done.bodies["startup"].splitlines()[:-1]], 1)):
        assert all(len(str(r[axis]).partition(".")[2]) <= decimals for r in rows for axis in ("lat", "lon"))
    for body in done.bodies.values():
        assert not any(lat.encode() in body or lon.encode() in body for lat, lon in exact)


def test_direct_identifiers_never_leave(done, uni):
    assert set(uni[0][0]) == {"_row", "lat", "lon", "at", "pm10", "pm25"}
    line = json.loads(done.bodies["startup"].splitlines()[0])
    assert set(line) == {"_row", "lat", "lon", "at", "pm10", "pm25"}


def test_withdrawn_rows_are_absent(done):
    withdrawn = done.sensors[0][1:]
    rows, trailer = csv_rows(done.bodies["withdrawn"])
    got = collections.Counter((r["at"], number(r["pm10"])) for r in rows)
    want = collections.Counter((row["timestamp"][:13] + ":00:00Z", number(row["P1"])) for _, row in done.week.readings({withdrawn}))
    assert got == want and int(trailer["rows"]) == done.rows - done.week.members[withdrawn]
    counted = dict(done.trust.sql(
        "SELECT c.member_id::text, sum(n)::bigint FROM metering.batch AS b, unnest(b.contributions, b.counts) AS x (no, n) "
        "JOIN licensing.contribution AS c ON c.no = x.no WHERE b.delivery_id = %s GROUP BY 1", trailer["delivery"]))
    assert subject(done, withdrawn) not in counted
    assert counted == {subject(done, s): n for s, n in done.week.members.items() if s != withdrawn}


# -- usage ----------------------------------------------------------------

def member_rows(done, rows, without=None):
    """Rows of each member among the first `rows` of the pool's covered rows: what a delivery that was cut gave."""
    return collections.Counter(dict(done.trust.sql(
        f"SELECT x.member_id::text, count(*) FROM (SELECT c.member_id FROM {table_of(done)} AS r JOIN licensing.contribution AS c "
        "ON c.id = r.contribution_id WHERE c.member_id::text IS DISTINCT FROM %s ORDER BY r.row_id LIMIT %s) AS x GROUP BY 1", without, rows)))


def used_by(done, grant):
    return dict(done.trust.sql("SELECT c.member_id::text, sum(u.units)::bigint FROM metering.sealed_usage_overview AS u "
                               "JOIN licensing.contribution_overview AS c USING (contribution_id) WHERE u.grant_id = %s GROUP BY 1", grant))


def test_usage_of_each_contributor_is_members_csv(done):
    counts = {subject(done, s): n for s, n in done.week.members.items()}
    assert used_by(done, done.grants["uni"]) == counts
    # the start-up: everything once, then again and again without the one who withdrew, until the quota cut the last delivery
    withdrawn = subject(done, done.sensors[0][1:])
    expected, left = collections.Counter(counts), done.delivered["startup"] - done.rows
    while left > 0:
        expected += member_rows(done, left, withdrawn)
        left -= done.rows - counts[withdrawn]
    used = used_by(done, done.grants["startup"])
    assert used == expected and used[withdrawn] == counts[withdrawn] and sum(used.values()) == done.delivered["startup"] == done.quota


def test_usage_holds_and_is_told_to_members(done):
    trust = done.trust
    assert trust.sql("SELECT * FROM metering.check_usage()") == []
    uni, startup = (used_by(done, done.grants[name]) for name in ("uni", "startup"))
    for sensor in done.sensors[:3]:
        me = trust[sensor].subject
        items = everything(trust[sensor], "/metering/v1/contributions/usage")
        assert sum(item["units"] for item in items) == uni[me] + startup[me]


# -- money ----------------------------------------------------------------

def test_invoices_are_what_the_calculator_says(done, tmp_path):
    trust = done.trust
    ratings = trust.sql("SELECT grant_id::text, plan_sha256, usage_sha256, result_sha256, total_minor, invoice_id::text FROM payout.rating")
    assert {r[0] for r in ratings} == set(done.grants.values())
    for grant, plan, usage, result, total, invoice in ratings:
        for name, sha256 in (("plan", plan), ("usage", usage)):
            (tmp_path / f"{name}.json").write_bytes(evidence(trust, sha256))
        printed = run(BIN / "commonhold", "calc", "price", "--plan", tmp_path / "plan.json", "--usage", tmp_path / "usage.json")
        assert printed.strip().encode() == evidence(trust, result).strip()
        price = json.loads(printed)
        delivered = next(done.delivered[name] for name, g in done.grants.items() if g == grant)
        assert json.loads((tmp_path / "usage.json").read_text())["meters"]["rows"]["units"] == delivered
        if invoice is None:
            assert total == price["total"] == 0
            continue
        issued = trust["tess"].get(f"/payout/v1/invoices/{invoice}").json
        assert issued["net"]["minor"] == price["total"] == total
        # 250.00 a month, and 1.50 for each hundred rows over the first thousand
        assert total == 25000 + (max(0, delivered - 1000) * 150 + 50) // 100
    assert sum(1 for r in ratings if r[5]) == len(done.invoices) == 1


def test_distribution_is_what_the_calculator_says(done, tmp_path):
    trust = done.trust
    rule, inputs, result, identifier = trust.sql(
        "SELECT b.canonical, r.inputs_file_sha256, r.result_file_sha256, r.run_id FROM payout.run AS r "
        "JOIN governance.benefit_rule AS b ON b.rule = r.rule AND b.version = r.rule_version AND b.sha256 = r.rule_sha256")[0]
    (tmp_path / "rule.json").write_text(rule)
    # the run is numbered after its inputs stand still: the number is not among what is hashed
    (tmp_path / "inputs.json").write_text(json.dumps({**json.loads(evidence(trust, inputs)), "run_id": identifier}))
    printed = json.loads(run(BIN / "commonhold", "calc", "distribute", "--rule", tmp_path / "rule.json", "--inputs", tmp_path / "inputs.json"))
    stored = json.loads(evidence(trust, result))
    assert printed["run_id"] == identifier and printed["hash"] == stored["hash"] == done.run_done["result_hash"]
    lines = {line["id"]: line["amount"] for line in printed["lines"]}
    assert lines == dict(trust.sql("SELECT member_id::text, minor FROM payout.run_line"))
    assert set(lines) == {subject(done, s) for s in done.week.members}
    assert sum(lines.values()) + sum(f["amount"] for f in printed["funds"]) + printed["carried"] == printed["pot"] == done.invoices[0]["net"]["minor"]


def test_bank_file_is_valid_and_pays_the_lines(done, tmp_path):
    schema = SHARED / "xsd" / "pain.001.001.09.xsd"
    path = tmp_path / "batch.xml"
    path.write_bytes(done.pain)
    payments = done.trust.sql("SELECT count(*), sum(minor)::bigint, count(*) FILTER (WHERE state = 'booked') FROM payout.payment")[0]
    lines = done.trust.sql("SELECT count(*), sum(minor)::bigint FROM payout.run_line")[0]
    # every line is over the minimum payout, so that nothing is left
    assert payments == (*lines, lines[0]) and done.batch["total"]["minor"] == lines[1]
    if not schema.is_file():
        pytest.skip(f"{schema} is not there: the file is not validated")
    checked = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, path], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    path.write_bytes(done.pain.replace(b"<NbOfTxs>", b"<NbOfTxs>x", 1))
    assert subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, path], capture_output=True, timeout=60).returncode != 0


def test_the_books_balance(done):
    trust = done.trust
    accounts = {a["path"]: a["balance"]["minor"] for a in everything(trust["tess"], "/payout/v1/accounts")}
    assert sum(accounts.values()) == 0 and accounts["Assets:Bank:main"] == done.bank.balance
    summed = dict(trust.sql("SELECT a.path, sum(p.minor)::bigint FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) "
                            "GROUP BY 1"))
    assert summed == {path: minor for path, minor in accounts.items() if path in summed} and not any(
        minor for path, minor in accounts.items() if path not in summed)
    assert trust.sql("SELECT txn_id FROM payout.posting GROUP BY txn_id HAVING sum(minor) <> 0") == []
    assert not any(minor for path, minor in accounts.items() if ":Member:" in path or ":Receivable:" in path)


def test_every_statement_adds_up(done):
    trust, total = done.trust, 0
    for sensor in done.sensors:
        person = trust[sensor]
        listed = person.get("/payout/v1/statements").json["items"]
        assert len(listed) == 1
        statement = person.get(f"/payout/v1/statements/{listed[0]['id']}").json
        amount = statement["amount"]
        assert amount == listed[0]["amount"]["minor"] == sum(s["amount"] for s in statement["line"]["steps"])
        assert amount == sum(s["amount"] for s in statement["trace"]["steps"]) and statement["member"] == person.subject
        for step in statement["trace"]["steps"]:
            for level in {row["level"] for row in step["rows"]} - {"contributor"}:
                shares = [row for row in step["rows"] if row["level"] == level]
                assert all(int(r["amount"]) == int(r["quotient"]) + int(r["extra"]) for r in shares)
            given = sum(int(r["amount"]) for r in step["rows"] if r["level"] in ("contributor", "recipient"))
            assert given == step["amount"]
        assert amount == sum(p["amount"] for p in statement["payments"] if p["state"] == "booked")
        assert statement["pot"] == sum(s["amount"] for s in statement["steps"]) + statement["steps"][-1]["remaining"]
        total += amount
    assert total == statement["entry"]["body"]["total"]
    other = trust["w1"].send("GET", f"/payout/v1/statements/{listed[0]['id']}")
    assert other.status == 404 or other.json.get("line") is None


# -- governance and log ---------------------------------------------------

def test_votes_are_those_that_were_cast(done):
    public = done.trust.public
    proposals = {p["title"]: p for p in everything(public, "/governance/v1/proposals")}
    for title in ("Charter of the air pool", "First terms of the air pool", "How revenue is shared"):
        assert proposals[title]["state"] == "in_force"
    tally = public.get(f"/governance/v1/proposals/{proposals['First terms of the air pool']['id']}").json["tally"]["counts"]
    voters = len(done.trust.people) - len(done.trust.organisations)
    assert sum(c["yes"] for c in tally.values()) == voters - 1 and sum(c["abstain"] for c in tally.values()) == 1
    assert sum(c["roll"] for c in tally.values()) == voters


def test_the_refusal_names_its_rule(done):
    refused = everything(done.trust["adtech"], "/licensing/v1/applications")
    assert [a["state"] for a in refused] == ["refused"] and "X1" in json.dumps(refused[0]["reasons"])
    assert done.trust.sql("SELECT count(*) FROM licensing.data_grant WHERE organisation_id = %s", done.trust.organisations["adtech"])[0][0] == 0


def test_the_checkpoint_covers_every_leaf(done):
    trust = done.trust

    def covered():
        size = int(trust.public.get("/log/checkpoint").raw.split(b"\n")[1])
        leaves, entries, top = trust.sql("SELECT (SELECT count(*) FROM log.outbox WHERE topic = 'leaf'), count(*), max(index) + 1 FROM log.entry")[0]
        return size == leaves == entries == top and size
    size = eventually("all leaves under the checkpoint", covered)
    assert trust.sql("SELECT count(*) FROM log.entry AS e JOIN log.outbox AS o ON o.id = e.outbox_id WHERE o.payload ->> 'sha256' = e.object_sha256")[0][0] == size
    kinds = {row[0] for row in trust.sql("SELECT DISTINCT type FROM log.entry")}
    assert {"charter", "proposal", "roll", "vote_result", "terms", "consent", "agreement", "grant", "usage", "invoice", "txn", "bank_statement",
            "run_inputs", "run_result", "batch", "approval"} <= kinds, kinds

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Governance through its HTTP API: founding, joining, a full vote in seconds, board decisions, council cases; then attacks on
what was decided, as each login role and as the schema's owner. Real processes, a private PostgreSQL, no sleeps."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import uuid

import psycopg2
import pytest

from stack import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
DAEMON = os.environ.get("CH_DAEMON", str(BUILD / "bin/commonholdd"))
DEADLINE = 30
PASSWORD = "a long enough password"


def rule(kind, proposers, sponsors=1, voting=2, **more):
    row = {"type": kind, "electorate": "all", "method": "rule", "proposers": proposers, "sponsors_num": 0, "sponsors_den": 1,
           "sponsors_min": sponsors, "discussion_seconds": 0, "voting_seconds": voting, "cooling_seconds": 0, "readings": 1,
           "q_num": 1, "q_den": 10, "cq_num": 0, "cq_den": 1, "s_num": 1, "s_den": 2, "s_strict": True, "cs_num": 1, "cs_den": 2,
           "cs_strict": True, "classes_needed": 0, "must_carry": 0, "must_carry_subject": False, "ay_num": 0, "ay_den": 0,
           "council": "none", "secrecy": "named", "small_class": "refuse", "board_mode": "linked"}
    row.update(more)
    return row


FOUNDERS = [("f1", "Ada Moll", "U", ["board"]), ("f2", "Ben Ruiz", "W", ["board", "treasurer", "membership_officer"]),
            ("f3", "Cem Ott", "C", ["board", "licensing_officer"]), ("c1", "Dov Lind", "U", ["council"]),
            ("c2", "Eve Sol", "W", ["council"]), ("c3", "Fay Orr", "C", ["council"])]


def charter():
    money = {"minor": 0, "currency": "EUR"}
    return {
        "schema": "commonhold-charter/1", "name": "Harbour Air Trust", "language": "en", "currency": "EUR",
        "classes": [{"code": c, "name": c, "who": "who " + c} for c in "UWC"],
        "admission": {"U": "open", "W": "officer", "C": "open"},
        "dues": {"amount": money, "period_seconds": 31536000, "grace_seconds": 2592000},
        "bodies": {"board": {"seats_per_class": 3, "term_seconds": 94608000}, "council": {"seats": 3, "term_seconds": 63072000},
                   "office_term_seconds": 31536000},
        "durations": {"min_tenure_seconds": 0, "council_case_seconds": 600, "class_change_notice_seconds": 3600},
        "bootstrap": {"min_per_class": 2},
        "rules": [rule("policy", ["member"], 2), rule("prohibit_purpose", ["member", "council"], 1, council="opinion"),
                  rule("benefit_rule", ["member", "treasurer"], 1, 600), rule("bylaw", ["board", "member"], 1),
                  rule("board_decision", ["board"], 1, 600, electorate="board", q_den=2)],
        "bylaws": [{"clause": "1", "title": "Purpose", "text": "Held in common.", "entrenched": True}],
        "assets": [{"ref": "pool-air", "kind": "pool", "title": "Air", "provenance": "given", "sha256": None,
                    "disposition": "licensed_only"}],
        "founders": [{"ref": r, "display_name": n, "email": r + "@example.org", "class": c, "offices": o} for r, n, c, o in FOUNDERS],
        "prohibited_purposes": ["COM.RESALE", "X"],
        "benefit_rule": {"schema": "benefit-rule/1", "rule": "main", "currency": "EUR", "steps": [
            {"id": "reserve", "kind": "percent", "to": "Equity:Reserve:Legal", "of": "gross", "num": 15, "den": 100, "round": "up"},
            {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "leftover_to": "Equity:Fund:Commons",
             "parts": [{"share": 100, "weight": "usage", "then": "contribution"}]}], "remainder": "largest_remainder/sha256"},
        "hold": {"minimum_payout": {"minor": 1000, "currency": "EUR"}, "unclaimed_after_seconds": 94608000, "dispute_seconds": 2592000},
    }


class Person:
    def __init__(self, trust, member_id, email):
        self.trust, self.id, self.email, self.cookies = trust, member_id, email, {}

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.trust.port, timeout=DEADLINE)
        head = {"Accept": "application/json", **(headers or {})}
        if self.cookies:
            head["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            head["X-CSRF-Token"] = self.cookies.get("ch_csrf", "")
        if method != "GET":
            head["Content-Type"] = "application/json"
        connection.request(method, path, None if method == "GET" else json.dumps({} if body is None else body), head)
        response = connection.getresponse()
        text = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        connection.close()
        return response, (json.loads(text) if text else {})

    def ok(self, method, path, body=None, **more):
        response, answer = self.call(method, path, body, **more)
        assert response.status in (200, 201), (method, path, response.status, answer)
        return answer

    def refused(self, slug, method, path, body=None, **more):
        response, answer = self.call(method, path, body, **more)
        assert answer.get("type", "").endswith("/problems/" + slug), (response.status, answer)
        return answer

    def sign_in(self, invite):
        self.ok("POST", f"/portal/v1/invites/{invite}/accept", {"email": self.email, "password": PASSWORD})
        self.ok("POST", "/portal/v1/sign-ins", {"email": self.email, "password": PASSWORD})
        return self

    def propose(self, kind, effect, title="A title"):
        draft = self.ok("POST", "/governance/v1/proposals", {"type": kind, "title": title, "text": "Because.", "effect": effect})
        return self.ok("POST", f"/governance/v1/proposals/{draft['id']}/submit")

    def vote(self, proposal, choice):
        return self.ok("POST", f"/governance/v1/proposals/{proposal}/cast-named-vote", {"choice": choice})


class Trust:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.people, self.process = {}, None

    def run(self, *command, **more):
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **more)

    def start(self):
        env = {**os.environ, "CH_PG_TEST": "1"}
        started = self.run("sh", "deploy/pg.sh", "start", str(self.folder), env=env)
        assert started.returncode == 0, started.stderr
        self.conninfo = self.run("sh", "deploy/pg.sh", "conninfo", str(self.folder)).stdout.strip()
        self.config = str(self.folder / "commonhold.ini")
        cli = str(BUILD / "bin/commonhold")
        for command in (["init", "--dir", str(self.folder), "--origin", f"http://127.0.0.1:{self.port}", "--listen",
                         f"127.0.0.1:{self.port}"], ["migrate", "--config", self.config]):
            done = self.run(cli, *command)
            assert done.returncode == 0, done.stderr
        self.charter_file = self.folder / "charter.json"
        self.charter_file.write_text(json.dumps(charter()))
        self.found = self.run(cli, "found", str(self.charter_file), "--config", self.config)
        assert self.found.returncode == 0, self.found.stderr
        self.process = subprocess.Popen([DAEMON, "--config", self.config], cwd=self.folder, stderr=open(self.folder / "daemon.log", "w"))
        self.wait(lambda: Person(self, None, None).call("GET", "/readyz")[0].status == 200)
        for line in self.found.stdout.splitlines():
            founder = json.loads(line)
            person = Person(self, founder["member_id"], founder["ref"] + "@example.org")
            self.people[founder["ref"]] = person.sign_in(founder["invite"])

    def wait(self, condition):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(0.05)  # between two looks at the condition
        raise AssertionError("not within the deadline")

    def wait_state(self, proposal, *states):
        seen = {}

        def there():
            seen.update(self.people["f1"].ok("GET", f"/governance/v1/proposals/{proposal}"))
            return seen["state"] in states
        try:
            self.wait(there)
        except AssertionError:
            raise AssertionError(f"{states} expected, {seen.get('state')} {seen.get('held')} {seen.get('events')}") from None
        return seen

    def sql(self, text, role=None):
        connection = psycopg2.connect(self.conninfo)
        try:
            with connection, connection.cursor() as cursor:
                if role:
                    cursor.execute(f"SET ROLE {role}")
                cursor.execute(text)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(DEADLINE)
        self.run("sh", "deploy/pg.sh", "stop", str(self.folder))


@pytest.fixture(scope="module")
def trust():
    base = os.environ.get("CH_TEST_TMP")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gov", dir=base))
    folder.chmod(0o755)
    made = Trust(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_found_prints_invites_and_runs_once(trust):
    lines = [json.loads(line) for line in trust.found.stdout.splitlines()]
    assert [line["ref"] for line in lines] == [founder[0] for founder in FOUNDERS]
    again = trust.run(str(BUILD / "bin/commonhold"), "found", str(trust.charter_file), "--config", trust.config)
    assert again.returncode == 2 and "already_founded" in again.stderr
    assert trust.sql("SELECT pg_catalog.count(*) FROM governance.charter") == [(1,)]


def test_charter_is_the_first_leaf_and_holds_no_names(trust):
    leaves = trust.sql("SELECT payload ->> 'type', payload ->> 'sha256' FROM log.outbox WHERE topic = 'leaf' ORDER BY id")
    first = next(leaf for leaf in leaves if leaf[0] not in ("schema", "key_event"))
    answer = Person(trust, None, None).ok("GET", "/governance/v1/charters/current")
    assert first == ("charter", answer["sha256"])
    assert "example.org" not in json.dumps(answer) and "Moll" not in json.dumps(answer)
    offices = Person(trust, None, None).ok("GET", "/governance/v1/offices")["items"]
    assert {o["display_name"] for o in offices if o["body"] == "board"} == {"Ada Moll", "Ben Ruiz", "Cem Ott"}


@pytest.mark.parametrize("change, pointer", [
    (lambda d: d.update(surplus=1), "/surplus"), (lambda d: d.pop("name"), "/name"),
    (lambda d: d.update(currency="EUX"), "/currency"), (lambda d: d["rules"][0].update(q_num=3, q_den=2), "/rules/0/q_num"),
    (lambda d: d["rules"].append(rule("entrenched", ["board"], readings=2, must_carry=7, classes_needed=3, q_num=1, q_den=3)), "/rules/5/s_num"),
    (lambda d: d["founders"][0].update(offices=[]), "/founders"), (lambda d: d["prohibited_purposes"].append("NO.SUCH"), "/prohibited_purposes/2"),
    (lambda d: d["founders"][0]["offices"].append("council"), "/founders/0/offices"),
    (lambda d: d["durations"].update(min_tenure_seconds=-1), "/durations/min_tenure_seconds"),
    (lambda d: d["assets"][0].update(disposition="succeeded"), "/assets/0/disposition")])
def test_charter_refused_with_pointer(trust, tmp_path, change, pointer):
    document = charter()
    change(document)
    path = tmp_path / "charter.json"
    path.write_text(json.dumps(document))
    done = trust.run(str(BUILD / "bin/commonhold"), "found", str(path), "--config", trust.config)
    assert done.returncode == 2
    assert pointer in [error["pointer"] for error in json.loads(done.stderr)["errors"]]


def test_bootstrap_joining_and_its_end(trust):
    ada, ben, cem = (trust.people[k] for k in ("f1", "f2", "f3"))
    # Six founders make two a class: the clause ends with the first tick, by one dated row.
    trust.wait(lambda: not ada.ok("GET", "/governance/v1/charters/current")["bootstrap"])
    assert trust.sql("SELECT pg_catalog.count(*) FROM governance.bootstrap_end") == [(1,)]
    stranger = Person(trust, None, "gil@example.org")
    body = {"class": "U", "display_name": "Gil Gil", "email": "gil@example.org"}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    joined = stranger.ok("POST", "/governance/v1/membership-applications", body, headers=key)
    again = stranger.ok("POST", "/governance/v1/membership-applications", body, headers=key)
    assert joined["standing"] == "active" and {**joined, "invite": again["invite"]} == again  # the repeat has a fresh invite
    stranger.refused("already_applied", "POST", "/governance/v1/membership-applications", dict(body, email="GIL@example.org"))
    trust.people["gil"] = Person(trust, joined["id"], "gil@example.org").sign_in(again["invite"])
    assert trust.people["gil"].ok("GET", "/governance/v1/members/self")["display_name"] == "Gil Gil"
    worker = stranger.ok("POST", "/governance/v1/membership-applications", {"class": "W", "display_name": "Hal", "email": "hal@example.org"})
    assert worker["standing"] == "applied" and worker["invite"] is None
    ada.refused("forbidden", "POST", f"/governance/v1/membership-applications/{worker['id']}/decide", {"admit": True})
    decided = ben.ok("POST", f"/governance/v1/membership-applications/{worker['id']}/decide", {"admit": True})
    trust.people["hal"] = Person(trust, worker["id"], "hal@example.org").sign_in(decided["invite"])
    ben.refused("already_decided", "POST", f"/governance/v1/membership-applications/{worker['id']}/decide", {"admit": True})
    assert len(ben.ok("GET", "/governance/v1/members?limit=3")["items"]) == 3
    assert ben.ok("GET", "/governance/v1/members?class_change=pending")["items"] == []
    ben.refused("bad_request", "GET", "/governance/v1/members?class_change=soon")
    ada.refused("forbidden", "GET", "/governance/v1/members")
    ada.refused("not_found", "GET", f"/governance/v1/members/{ben.id}")
    assert trust.sql("SELECT pg_catalog.count(*) FROM governance.person_view") == [(2,)]
    cem.refused("incompatible", "POST", f"/governance/v1/members/{cem.id}/change-class", {"class": "U"})  # holds a seat of C
    gil, hal = trust.people["gil"], trust.people["hal"]
    assert gil.ok("POST", f"/governance/v1/members/{gil.id}/change-class", {"class": "C"})["class"] == "C"
    assert gil.ok("GET", "/governance/v1/members/self")["class"] == "U"  # the notice runs
    gil.refused("too_soon", "POST", f"/governance/v1/members/{gil.id}/change-class", {"class": "W"})
    assert hal.ok("POST", "/governance/v1/proposals", {"type": "policy", "title": "Mine", "text": "x", "effect": policy()})["state"] == "draft"


def policy(text="We share."):
    return {"schema": "policy_text", "text": text, "spend": [{"account": "Equity:Reserve:Legal", "max": {"minor": 500, "currency": "EUR"}}]}


def test_a_full_vote(trust):
    ada, ben, cem, gil = (trust.people[k] for k in ("f1", "f2", "f3", "gil"))
    draft = ada.ok("POST", "/governance/v1/proposals", {"type": "policy", "title": "First", "text": "Because.", "effect": policy()})
    path = f"/governance/v1/proposals/{draft['id']}"
    ben.refused("not_found", "GET", path)
    ada.refused("precondition_required", "PUT", path, {"type": "policy", "title": "Two", "text": "x", "effect": policy()})
    response, edited = ada.call("PUT", path, {"type": "policy", "title": "Second", "text": "x", "effect": policy()}, {"If-Match": '"1"'})
    assert response.status == 200 and response.getheader("ETag") == '"2"' and edited["version"] == 2
    ada.refused("stale", "PUT", path, {"type": "policy", "title": "Third", "text": "x", "effect": policy()}, headers={"If-Match": '"1"'})
    assert ada.ok("POST", path + "/submit")["state"] == "submitted"
    ada.refused("already_sponsored", "POST", path + "/sponsor")
    assert ben.ok("POST", path + "/sponsor")["state"] in ("admitted", "discussion")
    voting = trust.wait_state(draft["id"], "voting")
    ada.vote(draft["id"], "no")
    ada.vote(draft["id"], "yes")  # the last one counts
    cem.vote(draft["id"], "no")
    gil.vote(draft["id"], "yes")
    assert cem.ok("GET", path)["votes"] is None and cem.ok("GET", path)["my_vote"] == "no"
    ada.refused("not_tallied", "GET", f"/governance/v1/turnouts/{draft['id']}")
    assert ada.ok("GET", f"/governance/v1/rolls/{draft['id']}/check-self")["answer"] == "yes"
    roll = ada.ok("GET", f"/governance/v1/rolls/{draft['id']}")
    assert roll["sha256"] == voting["roll"]["sha256"] and {"class": "U", "display_name": "Gil Gil"} in roll["items"]
    done = trust.wait_state(draft["id"], "in_force")
    assert done["tally"]["outcome"]["totals"] == {"roll": 8, "yes": 2, "no": 1, "abstain": 0}
    states = [event["to"] for event in done["events"]]
    assert states == ["submitted", "admitted", "discussion", "frozen", "voting", "closed", "tallied", "carried", "cooling", "in_force"]
    assert len(done["votes"]) == 3
    ada.refused("voting_not_open", "POST", path + "/cast-named-vote", {"choice": "no"})
    assert trust.sql(f"SELECT account, max_minor FROM governance.resolution_in_force WHERE resolution = '{draft['id']}'") == [("Equity:Reserve:Legal", 500)]
    notices = gil.ok("GET", "/governance/v1/notices")["items"]
    assert {"voting_opened", "result", "in_force"} <= {n["kind"] for n in notices if n["subject"] == f"proposal {draft['id']}"}
    kinds = trust.sql(f"SELECT payload ->> 'type' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'id' LIKE '{draft['id']}%' ORDER BY id")
    assert [k for k, in kinds] == ["proposal", "roll", "ballots", "vote_result"]


def test_votes_race_against_the_close(trust):
    """Members change their minds as fast as they can until the close: what was answered as recorded counts, nothing later does."""
    ada = trust.people["f1"]
    proposal = ada.propose("policy", policy("race"))["id"]
    trust.people["f2"].ok("POST", f"/governance/v1/proposals/{proposal}/sponsor")
    trust.wait_state(proposal, "voting")
    last = {}

    def hammer(member):
        connection = psycopg2.connect(trust.conninfo)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for turn in range(100000):
                choice = ("yes", "no")[turn % 2]
                cursor.execute("SELECT outcome FROM governance.cast_named_vote(%s, %s, %s)", (member, proposal, json.dumps({"choice": choice})))
                if cursor.fetchone()[0] != "recorded":
                    break
                last[member] = choice
        connection.close()

    members = [trust.people[name].id for name in ("f1", "f2", "f3", "c1", "c2", "c3")]
    threads = [threading.Thread(target=hammer, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    done = trust.wait_state(proposal, "in_force", "rejected")
    assert {vote["member_id"]: vote["choice"] for vote in done["votes"]} == last and len(last) == 6
    late = "SELECT pg_catalog.count(*) FROM governance.named_vote AS n JOIN governance.proposal AS p ON p.id = n.proposal_id WHERE n.at >= p.closes_at"
    assert trust.sql(late) == [(0,)]


def test_no_quorum_lapses(trust):
    draft = trust.people["f1"].propose("bylaw", {"schema": "bylaw_text", "clause": "2", "title": "T", "text": "t", "entrenched": False})
    done = trust.wait_state(draft["id"], "lapsed")
    assert done["tally"]["outcome"]["outcome"] == "no_quorum"


def test_effects_are_judged(trust):
    ada = trust.people["f1"]
    wrong = {"type": "policy", "title": "Bad", "text": "x", "effect": {"schema": "policy_text", "text": "x", "sell": 1}}
    assert ada.refused("invalid", "POST", "/governance/v1/proposals", wrong)["errors"][0]["pointer"] == "/effect/sell"
    draft = ada.ok("POST", "/governance/v1/proposals", {"type": "bylaw", "title": "Bad", "text": "x", "effect": {
        "schema": "bylaw_text", "clause": "1", "title": "T", "text": "sell it", "entrenched": True}})
    answer = ada.refused("invalid", "POST", f"/governance/v1/proposals/{draft['id']}/submit")
    assert answer["errors"][0]["pointer"] == "/effect/clause"


def test_board_decision_closes_early_and_appoints(trust):
    ada, ben, cem, gil = (trust.people[k] for k in ("f1", "f2", "f3", "gil"))
    proposal = ada.propose("board_decision", {"schema": "appointment", "body": "treasurer", "member_id": gil.id})
    trust.wait_state(proposal["id"], "voting")
    gil.refused("not_on_roll", "POST", f"/governance/v1/proposals/{proposal['id']}/cast-named-vote", {"choice": "yes"})
    for person in (ada, ben, cem):
        person.vote(proposal["id"], "yes")
    done = trust.wait_state(proposal["id"], "in_force")
    holders = [o["member_id"] for o in ada.ok("GET", "/governance/v1/offices?body=treasurer")["items"]]
    assert holders == [gil.id]
    assert {vote["seat"] for vote in done["votes"]} == {"U1", "W1", "C1"}


def test_council_opinion_and_prohibition(trust):
    ada = trust.people["f1"]
    proposal = ada.propose("prohibit_purpose", {"schema": "prohibition_add", "purpose": "COM.MARKETING"})
    trust.wait(lambda: ada.ok("GET", f"/governance/v1/proposals/{proposal['id']}")["held"])  # without the opinion it is not frozen
    reason = {"choice": "yes", "reason_code": "harm", "reason_text": "It harms."}
    trust.people["f2"].refused("forbidden", "POST", f"/governance/v1/council-cases/{council_case(trust, proposal)}/vote", reason)
    trust.people["c1"].ok("POST", f"/governance/v1/proposals/{proposal['id']}/give-opinion", reason)
    trust.people["c2"].ok("POST", f"/governance/v1/council-cases/{council_case(trust, proposal)}/vote", dict(reason, choice="no"))
    decided = trust.people["c3"].ok("POST", f"/governance/v1/council-cases/{council_case(trust, proposal)}/vote", reason)
    assert decided["state"] == "decided" and decided["approved"] is True and len(decided["votes"]) == 3
    trust.wait_state(proposal["id"], "voting")
    for name in ("f1", "f2", "f3"):
        trust.people[name].vote(proposal["id"], "yes")
    trust.wait_state(proposal["id"], "in_force")
    assert "COM.MARKETING" in [p["purpose"] for p in ada.ok("GET", "/governance/v1/prohibitions")["items"]]


def council_case(trust, proposal):
    items = trust.people["c1"].ok("GET", "/governance/v1/council-cases?state=open")["items"]
    return next(item["id"] for item in items if item["subject"] == proposal["id"])


def test_referral_and_conflict(trust):
    ada = trust.people["f1"]
    proposal = ada.propose("prohibit_purpose", {"schema": "prohibition_add", "purpose": "COM.AI"})
    path = f"/governance/v1/proposals/{proposal['id']}"
    reason = {"reason_code": "unclear", "reason_text": "Say until when."}
    trust.people["c1"].ok("POST", path + "/refer", reason)
    trust.people["c2"].ok("POST", path + "/refer", reason)
    case = next(i["id"] for i in trust.people["c1"].ok("GET", "/governance/v1/council-cases?state=open")["items"] if i["kind"] == "referral")
    # The third seat has an interest: two seats are left, and the board decides.
    moved = trust.people["c3"].ok("POST", f"/governance/v1/council-cases/{case}/declare-conflict", {"reason": "my sister"})
    assert moved["decided_by"] == "board" and moved["conflicts"][0]["reason"] == "my sister"
    trust.people["c1"].refused("forbidden", "POST", f"/governance/v1/council-cases/{case}/vote", {"choice": "yes", **reason})
    for name in ("f1", "f2", "f3"):
        trust.people[name].ok("POST", f"/governance/v1/council-cases/{case}/vote", {"choice": "yes", **reason})
    assert ada.ok("GET", path)["state"] == "referred"
    trust.people["c1"].refused("already_referred", "POST", path + "/refer", reason)
    version = {"type": "prohibit_purpose", "title": "Again", "text": "x", "effect": {"schema": "prohibition_add", "purpose": "COM.AI", "until": "2100-01-01T00:00:00Z"}}
    assert ada.ok("PUT", path, version, headers={"If-Match": '"1"'})["state"] == "discussion"
    assert ada.ok("POST", path + "/withdraw")["state"] == "withdrawn"


def test_notice_preferences(trust):
    hal = trust.people["hal"]
    assert hal.refused("invalid", "PUT", "/governance/v1/notice-preferences", {"switched_off": ["spam"]})["errors"]
    hal.ok("PUT", "/governance/v1/notice-preferences", {"switched_off": ["result", "in_force"]})
    assert hal.ok("GET", "/governance/v1/notices")["switched_off"] == ["in_force", "result"]


def test_leaving_ends_offices(trust):
    gil = trust.people["gil"]
    trust.people["f1"].refused("not_found", "POST", f"/governance/v1/members/{gil.id}/leave")
    assert gil.ok("POST", f"/governance/v1/members/{gil.id}/leave")["standing"] == "left"
    assert trust.people["f1"].ok("GET", "/governance/v1/offices?body=treasurer")["items"] == []


LOGINS = ["ch_governance", "ch_licensing", "ch_metering", "ch_payout", "ch_log", "ch_portal", "ch_worker", "ch_audit"]
TABLES = ["charter", "bootstrap_end", "member", "standing", "class_spell", "proposal", "proposal_version", "proposal_event", "sponsor", "roll",
          "roll_head", "named_vote", "tally", "office", "rule_version", "bylaw_version", "benefit_rule", "prohibition", "policy",
          "council_case", "council_vote", "opinion", "asset", "asset_event"]


@pytest.mark.parametrize("login", LOGINS)
def test_attack_login_roles_change_nothing(trust, login):
    for table in TABLES:
        columns = trust.sql(f"SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = 'governance.{table}'::regclass AND attnum = 1")
        for attack in (f"DELETE FROM governance.{table}", f"TRUNCATE governance.{table} CASCADE",
                       f"UPDATE governance.{table} SET {columns[0][0]} = {columns[0][0]}",
                       f"COPY governance.{table} FROM PROGRAM 'true'", f"INSERT INTO governance.{table} DEFAULT VALUES"):
            with pytest.raises(psycopg2.Error) as refused:
                trust.sql(attack, login)
            assert refused.value.pgcode == "42501", attack
    others = trust.sql(f"SELECT rolname FROM pg_catalog.pg_roles WHERE rolname ~ '^ch_.*_owner$' AND pg_catalog.pg_has_role('{login}', oid, 'MEMBER')")
    assert others == []  # SET ROLE leads nowhere


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("mode", ["origin", "replica"])
def test_attack_owner_cannot_rewrite(trust, table, mode):
    column = trust.sql(f"SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = 'governance.{table}'::regclass AND attnum = 1")[0][0]
    assert trust.sql(f"SELECT pg_catalog.count(*) FROM governance.{table}")[0][0] > 0
    for attack in (f"DELETE FROM governance.{table}", f"TRUNCATE governance.{table} CASCADE",
                   f"UPDATE governance.{table} SET {column} = {column}"):
        if table in ("proposal",) and attack.startswith("UPDATE"):
            attack = "UPDATE governance.proposal SET state = 'in_force' WHERE state = 'draft'"
        with pytest.raises(psycopg2.Error) as refused:
            trust.sql(f"SET session_replication_role = {mode}; SET ROLE ch_governance_owner; {attack}")
        assert refused.value.pgcode in ("23001", "23514"), (attack, refused.value.pgcode)


def owner(trust, text):
    return trust.sql("SET ROLE ch_governance_owner; " + text)


@pytest.mark.parametrize("attack, codes", [
    ("UPDATE governance.asset SET disposition = 'sold'", {"23514"}), ("UPDATE governance.asset SET disposition = 'pledged'", {"23514"}),
    ("UPDATE governance.asset SET disposition = NULL", {"23502", "23001"}), ("UPDATE governance.asset SET disposition = ''", {"23514"}),
    ("UPDATE governance.asset SET disposition = 'held'", {"23001"}), ("UPDATE governance.asset SET disposition = 'succeeded'", {"23001"}),
    ("UPDATE governance.asset SET id = log.new_id()", {"23001"}), ("UPDATE governance.asset SET kind = 'other'", {"23001"}),
    ("UPDATE governance.asset SET sha256 = pg_catalog.repeat('a', 64)", {"23001"}),
    ("INSERT INTO governance.asset SELECT log.new_id(), 'mine', kind, title, provenance, sha256, disposition, NULL, pg_catalog.now() FROM governance.asset", {"23001"}),
    ("INSERT INTO governance.office SELECT log.new_id(), 'board', 'U3', 'U', member_id, pg_catalog.now(), pg_catalog.now() + interval '1 day', NULL FROM governance.member LIMIT 1", {"23514"}),
    ("INSERT INTO governance.office SELECT log.new_id(), 'treasurer', '9', NULL, p.author, pg_catalog.now(), pg_catalog.now() + interval '1 day', p.id FROM governance.proposal AS p WHERE p.state = 'in_force' LIMIT 1", {"23514"}),
    ("INSERT INTO governance.rule_version SELECT type, version + 1, rule, canonical, sha256, NULL, pg_catalog.now() FROM governance.rule_version WHERE type = 'policy'", {"23514"}),
    ("INSERT INTO governance.rule_version SELECT type, version + 1, pg_catalog.jsonb_set(rule, '{q_num}', '0'), pg_catalog.jsonb_set(rule, '{q_num}', '0')::text, sha256, NULL, pg_catalog.now() FROM governance.rule_version WHERE type = 'entrenched'", {"23514"}),
    ("INSERT INTO governance.benefit_rule SELECT log.new_id(), rule, version + 1, doc, canonical, sha256, NULL, pg_catalog.now() FROM governance.benefit_rule", {"23514"}),
    ("INSERT INTO governance.prohibition_lift SELECT id, pg_catalog.now(), (SELECT p.id FROM governance.proposal AS p WHERE p.state = 'in_force' LIMIT 1) FROM governance.prohibition", {"23514"}),
    ("INSERT INTO governance.charter (name, language, currency, doc, canonical, sha256) SELECT name, language, currency, doc, canonical, sha256 FROM governance.charter", {"23505"}),
    ("UPDATE governance.roll SET voted = true WHERE voted", {"23001"}), ("UPDATE governance.roll SET voted = false", {"23001"}),
    ("INSERT INTO governance.roll SELECT proposal_id, reading, (SELECT author FROM governance.proposal WHERE state = 'draft' LIMIT 1), 'U' FROM governance.roll_head LIMIT 1", {"23514"}),
    ("INSERT INTO governance.named_vote SELECT proposal_id, reading, member_id, seq + 1, seat, 'no', at FROM governance.named_vote", {"23514"}),
    ("UPDATE governance.proposal SET state = 'carried' WHERE state = 'lapsed'", {"23514"}),
    ("UPDATE governance.proposal SET rule = '{}' WHERE rule IS NOT NULL", {"23001"}),
    ("UPDATE governance.council_case SET approved = true", {"23001"}),
    ("INSERT INTO governance.proposal (id, type, state, state_at, author, subject, created_at) SELECT log.new_id(), type, 'in_force', state_at, author, subject, created_at FROM governance.proposal LIMIT 1", {"23514"}),
])
def test_attack_guards_hold_against_the_owner(trust, attack, codes):
    with pytest.raises(psycopg2.Error) as refused:
        owner(trust, attack)
    assert refused.value.pgcode in codes, (refused.value.pgcode, str(refused.value))


def test_attack_carried_without_votes(trust):
    """A closed vote that lapsed by its votes cannot be stored as carried, whoever asks."""
    ada = trust.people["f1"]
    proposal = ada.propose("policy", policy("other"))
    trust.people["f2"].ok("POST", f"/governance/v1/proposals/{proposal['id']}/sponsor")
    trust.wait_state(proposal["id"], "voting")
    early = f"UPDATE governance.proposal SET state = 'closed' WHERE id = '{proposal['id']}'"
    with pytest.raises(psycopg2.Error) as refused:
        owner(trust, early)
    assert refused.value.pgcode == "23514"
    trust.wait_state(proposal["id"], "lapsed")


def test_decision_rule_agrees_in_c_and_sql(trust):
    binary = BUILD / "tests/test_decide_agree"
    if not binary.exists():
        pytest.skip("make unit first")
    done = trust.run(str(binary), env={**os.environ, "CH_TEST_DATABASE": trust.conninfo})
    assert done.returncode == 0, done.stdout + done.stderr

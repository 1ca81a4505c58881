# SPDX-License-Identifier: AGPL-3.0-or-later
"""Appeals: who may open one and until when, the lot of the panel (values, a withheld one, the log's root), what anybody recomputes, two
that agree, silence, and what follows: annulled votes, lifted sanctions, expelled members who may come back."""
import copy
import hashlib
import json
import pathlib
import secrets
import subprocess
import uuid

import psycopg2
import pytest

from expelling import put_to_vote
from stack import BIN, DEADLINE, ROOT, SANITIZED, eventually

GOV, LIC = "/governance/v1", "/licensing/v1"
COUNCIL = ["eva", "fay", "gil", "hal", "ida"]
STEWARDS = ["ada", "ben", "cem"]
VOTERS = ["ada", "ben", "cem", "tess", "lin", "mo"]
#: A panel, a ceremony, a cooling that are over soon, yet long enough for what a test does inside them.
SOON = 15 if SANITIZED else 4
SHORT_COOLING = SOON + 2
YES = {"choice": "yes", "reason_code": "safeguards", "reason_text": "The safeguards hold."}


def charter(cooling):
    """The demonstration's charter with stewards, and policies that cool for so many seconds."""
    made = json.loads((pathlib.Path(ROOT) / "deploy" / "demo" / "charter.json").read_text())
    for founder in made["founders"]:
        if founder["ref"] in STEWARDS:
            founder["offices"] = founder["offices"] + ["steward"]
    for rule in made["rules"]:
        if rule["type"] == "policy":
            rule.update(discussion_seconds=0, voting_seconds=2, cooling_seconds=cooling)
        if rule["type"] == "prohibit_purpose":
            rule.update(voting_seconds=2, cooling_seconds=SHORT_COOLING)
    policy = next(rule for rule in made["rules"] if rule["type"] == "policy")
    made["rules"].append({**policy, "type": "expulsion", "proposers": ["conduct"], "sponsors_min": 0, "cooling_seconds": 0, "must_carry_subject": True})
    return made


def with_volunteers(made):
    """Two volunteers a class, without any office: u1, u2, w1, w2, c1, c2."""
    eventually("the bootstrap clause to end", lambda: not made.public.get(f"{GOV}/charters/current").json["bootstrap"])
    made.volunteers = {}
    for letter in "UWC":
        for number in (1, 2):
            name = f"{letter.lower()}{number}"
            made.join(name, letter, f"Volunteer {name}", "mo")
            made.volunteers[made[name].post(f"{GOV}/panel-volunteers")["id"]] = name
    return made


@pytest.fixture(scope="module")
def trust(stack):
    made = with_volunteers(stack.trust({"durations": {"council_case_seconds": 600, "appeal_seconds": 3600, "ceremony_seconds": 600,
                                                      "reveal_seconds": 600}}, charter=charter(600)))
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def swift(stack):
    """Everything passes in seconds."""
    made = with_volunteers(stack.trust({"durations": {"council_case_seconds": SOON, "appeal_seconds": 600, "ceremony_seconds": SOON, "reveal_seconds": SOON}},
                                       charter=charter(1)))
    yield made
    stack.release(made)


def refused(answer, slug, status=None):
    assert answer.status >= 400 and answer.json["type"].endswith("/" + slug), answer.raw
    assert status is None or answer.status == status, answer.raw
    return answer.json


def voted_policy(trust, state="cooling"):
    """A policy the members have voted for."""
    proposal = trust.propose("tess", "policy", "A policy", "Because.", {"schema": "policy_text", "text": "We share."}, ["lin", "mo", "ada"])
    trust.wait_state(proposal, ["voting"])
    for name in VOTERS:
        trust[name].post(f"{GOV}/proposals/{proposal}/cast-named-vote", {"choice": "yes"})
    trust.wait_state(proposal, [state])
    return proposal


def confirmed_sanction(trust, **more):
    """A sanction the council confirmed: (id, name of the organisation's signatory)."""
    name = "o" + uuid.uuid4().hex[:10]
    body = {"name": name, "country": "IE", "class": "university", "person": name, "email": f"{name}@{name}.example"}
    made = trust.public.post(f"{LIC}/organisations", body).json
    trust.add(name, made["invite"], body["email"])
    sanction = trust["lin"].post(f"{GOV}/sanctions", {"organisation_id": made["id"], "reason": "It sold what it had licensed.", **more}).json
    for member in COUNCIL:
        trust[member].post(f"{GOV}/council-cases/{sanction['case_id']}/vote", YES)
    return sanction["id"], name


def appeal(trust, who, kind, subject, grounds="It was not so."):
    return trust[who].send("POST", f"{GOV}/appeals", {"kind": kind, "subject": subject, "grounds": grounds})


def shown(trust, identifier):
    return trust.public.get(f"{GOV}/appeals/{identifier}").json


def draw(trust, identifier, withhold=()):
    """The stewards draw the panel: {class: name}."""
    values = {}
    for name in STEWARDS:
        values[name] = secrets.token_bytes(32)
        trust[name].post(f"{GOV}/appeals/{identifier}/commit-lot", {"commitment": hashlib.sha256(values[name]).hexdigest()})
    for name in STEWARDS:
        if name not in withhold:
            trust[name].post(f"{GOV}/appeals/{identifier}/reveal-lot", {"value": values[name].hex()})
    return seats(trust, identifier)


def seats(trust, identifier):
    found = eventually("the panel", lambda: (lambda a: a["state"] == "panel" and a)(shown(trust, identifier)))
    return {seat["seat"]: trust.volunteers[seat["volunteer_id"]] for seat in found["panel"]}


def decide(trust, name, identifier, choice, text="For these reasons."):
    return trust[name].send("POST", f"{GOV}/appeals/{identifier}/decide", {"choice": choice, "reason_text": text})


def check_draw(lot):
    """The draw from what is published alone, in other words than the program's."""
    values = [bytes.fromhex(v["value"] or v["commitment"]) for v in lot["values"]]
    if values:
        assert all(v["value"] is None or hashlib.sha256(bytes.fromhex(v["value"])).hexdigest() == v["commitment"] for v in lot["values"])
        seed = hashlib.sha256(b"".join(values)).hexdigest()
    else:
        seed = hashlib.sha256(f"commonhold-panel-log/1:{lot['tree_size']}:{lot['tree_root']}".encode()).hexdigest()
    assert seed == lot["seed"]
    for letter, ids in lot["candidates"].items():
        assert ids == sorted(ids)
        ranked = sorted(ids, key=lambda i: hashlib.sha256(f"commonhold-panel/1:{seed}:{lot['appeal']}:{lot['round']}:{letter}:{i}".encode()).hexdigest())
        passed = {p["volunteer_id"] for p in lot["passed_over"]}
        seated = [s["volunteer_id"] for s in lot["seats"] if s["class"] == letter]
        assert [i for i in ranked if i not in passed or i in seated][:len(seated)] == seated


def program(document):
    done = subprocess.run([BIN / "commonhold", "calc", "panel"], input=json.dumps(document), capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout or done.stderr)


# ---- volunteers ----

def test_volunteering_and_stepping_back(trust):
    trust.join("zoe", "U", "Zoe Zak", "mo")
    made = trust["zoe"].post(f"{GOV}/panel-volunteers")
    assert made.status == 201 and made["class"] == "U" and made["mine"] is True
    assert trust["zoe"].post(f"{GOV}/panel-volunteers")["id"] == made["id"]
    listed = {v["id"]: v for v in trust.public.get(f"{GOV}/panel-volunteers?limit=100").json["items"]}
    assert listed[made["id"]] == {"id": made["id"], "class": "U", "since": made["since"], "mine": False}
    refused(trust["u1"].send("DELETE", f"{GOV}/panel-volunteers/{made['id']}"), "not_found", 404)
    assert trust["zoe"].delete(f"{GOV}/panel-volunteers/{made['id']}").status == 204
    refused(trust["zoe"].send("DELETE", f"{GOV}/panel-volunteers/{made['id']}"), "not_found", 404)
    refused(trust.public.send("POST", f"{GOV}/panel-volunteers", {}), "not_signed_in", 401)


# ---- the conduct of a vote ----

def test_annulled_vote(trust):
    proposal = voted_policy(trust)
    refused(appeal(trust, "zoe", "vote", str(uuid.uuid4())), "not_found", 404)
    opened = appeal(trust, "mo", "vote", proposal, "The text was changed while we voted.")
    assert opened.status == 201 and opened["state"] == "lot" and opened["grounds"]
    identifier = opened["id"]
    refused(appeal(trust, "lin", "vote", proposal), "not_allowed_here", 409)  # once an act
    public = shown(trust, identifier)
    assert "grounds" not in public and public["subject"] == proposal and public["lots"][0]["seed"] is None
    refused(decide(trust, "u1", identifier, "reverse"), "forbidden", 403)  # nobody is drawn yet
    # Values: stewards only, fresh, as committed, not before all have committed.
    refused(trust["lin"].send("POST", f"{GOV}/appeals/{identifier}/commit-lot", {"commitment": "0" * 64}), "forbidden", 403)
    refused(trust["ada"].send("POST", f"{GOV}/appeals/{identifier}/commit-lot", {"commitment": "Z" * 64}), "invalid", 422)
    value = secrets.token_bytes(32)
    commitment = {"commitment": hashlib.sha256(value).hexdigest()}
    trust["ada"].post(f"{GOV}/appeals/{identifier}/commit-lot", commitment)
    refused(trust["ada"].send("POST", f"{GOV}/appeals/{identifier}/commit-lot", {"commitment": "1" * 64}), "not_allowed_here", 409)
    refused(trust["ben"].send("POST", f"{GOV}/appeals/{identifier}/commit-lot", commitment), "invalid", 422)  # a copy
    refused(trust["ada"].send("POST", f"{GOV}/appeals/{identifier}/reveal-lot", {"value": value.hex()}), "too_early", 409)
    others = {name: secrets.token_bytes(32) for name in ("ben", "cem")}
    for name, one in others.items():
        trust[name].post(f"{GOV}/appeals/{identifier}/commit-lot", {"commitment": hashlib.sha256(one).hexdigest()})
    refused(trust["ada"].send("POST", f"{GOV}/appeals/{identifier}/reveal-lot", {"value": "00" * 32}), "key_mismatch", 409)
    trust["ada"].post(f"{GOV}/appeals/{identifier}/reveal-lot", {"value": value.hex()})
    for name, one in others.items():
        trust[name].post(f"{GOV}/appeals/{identifier}/reveal-lot", {"value": one.hex()})
    panel = seats(trust, identifier)
    assert sorted(panel) == ["C", "U", "W"] and all(name[0].upper() == letter for letter, name in panel.items())
    found = shown(trust, identifier)
    check_draw(found["lots"][-1])
    code, result = program(found)
    assert code == 0 and result["matches"] is True and result["seats"] == {s["seat"]: s["volunteer_id"] for s in found["panel"]}
    refused(decide(trust, "tess", identifier, "reverse"), "forbidden", 403)
    assert trust[panel["U"]].post(f"{GOV}/appeals/{identifier}/decide", {"choice": "reverse", "reason_text": "It was changed."}).headers["X-Commonhold-Outcome"] == "recorded"
    assert all(s["choice"] is None for s in shown(trust, identifier)["panel"])
    refused(decide(trust, panel["U"], identifier, "uphold"), "not_allowed_here", 409)
    second = trust[panel["W"]].post(f"{GOV}/proposals/{proposal}/annul", {"reason_text": "We saw both texts."})
    assert second.headers["X-Commonhold-Outcome"] == "decided" and second["command"] == "reverse" and second["effect"] == "annulled"
    assert trust.proposal(proposal)["state"] == "annulled"
    public = shown(trust, identifier)
    assert {(s["seat"], s["choice"], s["text"]) for s in public["panel"] if s["choice"]} == {("U", "reverse", "It was changed."), ("W", "reverse", "We saw both texts.")}
    assert all(s["display_name"].startswith("Volunteer") for s in public["panel"])
    refused(decide(trust, panel["C"], identifier, "uphold"), "not_allowed_here", 409)
    kinds = {n["kind"] for n in trust["mo"].get(f"{GOV}/notices?limit=100").json["items"]}
    assert {"appeal_decided", "annulled"} <= kinds
    events = trust.sql("SELECT payload -> 'body' ->> 'event' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = 'appeal' AND payload ->> 'id' LIKE %s ORDER BY id", identifier + "%")
    assert [e for e, in events] == ["lot", "drawn", "decided"]
    assert trust.sql("SELECT upheld, command, jsonb_array_length(reasons) FROM governance.appeal_decision WHERE appeal_id = %s", identifier) == [(False, "reverse", 2)]


def test_stranger_and_too_late(trust, swift):
    sanction, _ = confirmed_sanction(trust)
    refused(appeal(trust, "u1", "sanction", sanction), "forbidden", 403)
    refused(trust.public.send("POST", f"{GOV}/appeals", {"kind": "vote", "subject": sanction, "grounds": "x"}), "not_signed_in", 401)
    refused(appeal(trust, "u1", "refusal", sanction), "invalid", 422)  # that one is licensing's
    refused(appeal(trust, "u1", "expulsion", member(trust, "mo")), "not_found", 404)
    proposal = voted_policy(swift, "in_force")
    refused(appeal(swift, "mo", "vote", proposal), "too_late", 409)


def member(trust, name):
    return next(i["member_id"] for i in trust.invites if i["ref"] == name)


def test_vote_is_held_while_it_is_appealed(trust):
    """An open appeal holds the proposal back; upheld, it comes into force."""
    proposal = trust.propose("tess", "prohibit_purpose", "A prohibition", "Because.", {"schema": "prohibition_add", "purpose": "COM.MARKETING"},
                             ["lin", "mo"])
    trust.wait_state(proposal, ["voting"])
    for name in VOTERS:
        trust[name].post(f"{GOV}/proposals/{proposal}/cast-named-vote", {"choice": "yes"})
    trust.wait_state(proposal, ["cooling"])
    identifier = appeal(trust, "mo", "vote", proposal)["id"]
    panel = draw(trust, identifier)
    trust.wait_sql("cooling to be over", f"SELECT state_at + interval '{SHORT_COOLING + 2} seconds' < clock_timestamp() FROM governance.proposal WHERE id = %s", proposal)
    assert trust.proposal(proposal)["state"] == "cooling"
    for letter in "UW":
        trust[panel[letter]].post(f"{GOV}/appeals/{identifier}/decide", {"choice": "uphold", "reason_text": "The vote was fair."})
    eventually("the proposal in force", lambda: trust.proposal(proposal)["state"] == "in_force")
    assert shown(trust, identifier)["effect"] == "none"


# ---- sanctions ----

def test_reversed_sanction_ends(trust):
    sanction, name = confirmed_sanction(trust)
    assert sanction in [s["id"] for s in trust.public.get(f"{GOV}/sanctions").json["items"]]
    identifier = appeal(trust, name, "sanction", sanction)["id"]
    panel = draw(trust, identifier)
    for letter in "WC":
        trust[panel[letter]].post(f"{GOV}/appeals/{identifier}/decide", {"choice": "reverse", "reason_text": "It did not sell."})
    found = trust.public.get(f"{GOV}/sanctions/{sanction}").json
    assert found["state"] == "lifted" and found["lifts"][0]["appeal_id"] == identifier
    assert sanction not in [s["id"] for s in trust.public.get(f"{GOV}/sanctions").json["items"]]
    refused(appeal(trust, name, "sanction", sanction), "not_allowed_here", 409)
    assert trust.sql("SELECT array_agg(event ORDER BY at) FROM governance.sanction_screening WHERE sanction_id = %s", sanction) == [(["began", "ended"],)]


def test_upheld_sanction_stays_and_conflict_passes_the_seat_on(trust):
    sanction, name = confirmed_sanction(trust)
    identifier = appeal(trust, name, "sanction", sanction)["id"]
    panel = draw(trust, identifier)
    refused(trust["tess"].send("POST", f"{GOV}/appeals/{identifier}/declare-conflict", {"reason": "x"}), "forbidden", 403)
    moved = trust[panel["U"]].post(f"{GOV}/appeals/{identifier}/declare-conflict", {"reason": "We share a flat."}).json
    assert moved["lots"][-1]["passed_over"][0]["note"] == "We share a flat."
    again = seats(trust, identifier)
    assert again["U"] != panel["U"] and again["W"] == panel["W"]
    refused(decide(trust, panel["U"], identifier, "uphold"), "forbidden", 403)
    check_draw(shown(trust, identifier)["lots"][-1])
    assert program(shown(trust, identifier))[1]["matches"] is True
    for letter in "UC":
        trust[again[letter]].post(f"{GOV}/appeals/{identifier}/decide", {"choice": "uphold", "reason_text": "It did sell."})
    assert trust.public.get(f"{GOV}/sanctions/{sanction}").json["state"] == "in_force"
    assert shown(trust, identifier)["command"] == "uphold"


def test_changed_publication_is_noticed(trust):
    found = next(a for a in trust.public.get(f"{GOV}/appeals?state=decided").json["items"] if a["kind"] == "sanction")
    for change in (lambda lot: lot.update(seed="0" * 64), lambda lot: lot["values"][0].update(value="0" * 64),
                   lambda lot: lot["candidates"]["W"].reverse() or lot["candidates"]["W"].pop(), lambda lot: lot["seats"].pop(),
                   lambda lot: lot.update(round=lot["round"] + 1)):
        document = copy.deepcopy(found)
        change(document["lots"][-1])
        code, result = program(document)
        assert code == 0 and result["matches"] is False
    assert program({"lots": []})[0] == 2


# ---- interest and office ----

def test_candidate_with_office_or_interest_is_not_drawn(trust):
    sanction, name = confirmed_sanction(trust)
    trust["u1"].post(f"{GOV}/members/{uid(trust, 'u1')}/affiliations", {"organisation_id": trust.public.get(f"{GOV}/sanctions/{sanction}")["organisation_id"]})
    trust["tess"].post(f"{GOV}/panel-volunteers")  # the treasurer
    identifier = appeal(trust, name, "sanction", sanction)["id"]
    lot = shown(trust, identifier)["lots"][0]
    assert {trust.volunteers[i] for i in lot["candidates"]["U"]} == {"u2"}
    assert {trust.volunteers[i] for i in lot["candidates"]["W"]} == {"w1", "w2"}
    # An office taken between the lot and a vote keeps its holder off the panel.
    panel = draw(trust, identifier)
    take_office(trust, panel["W"])
    refused(decide(trust, panel["W"], identifier, "uphold"), "incompatible", 409)
    trust[panel["W"]].post(f"{GOV}/appeals/{identifier}/declare-conflict", {"reason": "appointed"})
    assert seats(trust, identifier)["W"] != panel["W"]


def uid(trust, name):
    return trust[name].get(f"{GOV}/members/self")["id"]


def take_office(trust, name):
    """The board appoints somebody to the conduct panel."""
    proposal = trust.propose("ada", "board_decision", "Appointment", "Because.",
                             {"schema": "appointment", "body": "conduct", "member_id": uid(trust, name)}, [])
    trust.vote(proposal, {n: "yes" for n in STEWARDS})


# ---- the lot when stewards do not do their part ----

def test_withheld_value_is_replaced_by_its_commitment(swift):
    sanction, name = confirmed_sanction(swift)
    identifier = appeal(swift, name, "sanction", sanction)["id"]
    draw(swift, identifier, withhold=["cem"])
    lot = shown(swift, identifier)["lots"][-1]
    assert [(v["class"], v["withheld"]) for v in lot["values"]] == [("U", False), ("W", False), ("C", True)]
    check_draw(lot)
    assert program(lot)[1]["matches"] is True


def test_without_any_value_the_log_draws_and_silence_calls_a_new_panel(swift):
    sanction, name = confirmed_sanction(swift)
    identifier = appeal(swift, name, "sanction", sanction)["id"]
    first = seats(swift, identifier)
    lot = shown(swift, identifier)["lots"][0]
    assert lot["values"] == [] and lot["tree_size"] > 0
    check_draw(lot)
    assert program(shown(swift, identifier))[1]["matches"] is True
    # The tree is the one whose last leaf carries the candidates; its root is computed here from the leaves.
    leaves = swift.sql("SELECT leaf_hash, object_id FROM log.entry WHERE index < %s ORDER BY index", lot["tree_size"])
    assert leaves[-1][1] == f"{identifier}/1"
    assert merkle([bytes(h) for h, _ in leaves]).hex() == lot["tree_root"]
    # One of three speaks: that decides nothing, and others are drawn.
    decide(swift, first["U"], identifier, "reverse")
    second = eventually("a second draw", lambda: (lambda a: a["round"] == 2 and a["panel"] and a)(shown(swift, identifier)))
    names = {swift.volunteers[s["volunteer_id"]] for s in second["panel"]}
    assert names.isdisjoint(first.values())
    assert swift.public.get(f"{GOV}/sanctions/{sanction}").json["state"] == "in_force"


def merkle(hashes):
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\1" + merkle(hashes[:split]) + merkle(hashes[split:])).digest()


# ---- expulsion ----

def test_reversed_expulsion_opens_the_way_back(trust):
    trust.join("yan", "U", "Yan Yu", "mo")
    yan = uid(trust, "yan")
    trust.join("zed", "C", "Zed Zo", "mo")
    take_office(trust, "zed")
    trust.vote(put_to_vote(trust, "zed", "yan"), {name: "yes" for name in VOTERS})
    assert trust["yan"].get(f"{GOV}/members/self")["standing"] == "expelled"
    again = {"class": "U", "display_name": "Yan Yu", "email": "yan@members.example"}
    refused(trust["yan"].send("POST", f"{GOV}/membership-applications", again), "already_applied", 409)
    with pytest.raises(psycopg2.Error) as answer:
        trust.sql("INSERT INTO governance.standing SELECT member_id, max(seq) + 1, 'applied', clock_timestamp(), NULL, 'attack' FROM governance.standing WHERE member_id = %s GROUP BY 1", yan)
    assert answer.value.pgcode == "23514"
    identifier = appeal(trust, "yan", "expulsion", yan)["id"]
    assert shown(trust, identifier)["subject"] is None  # whom it is about is not public
    assert trust["yan"].get(f"{GOV}/appeals/{identifier}").json["subject"] == yan
    panel = draw(trust, identifier)
    for letter in "UC":
        trust[panel[letter]].post(f"{GOV}/appeals/{identifier}/decide", {"choice": "reverse", "reason_text": "No hearing was held."})
    assert shown(trust, identifier)["effect"] == "may_apply"
    assert trust["yan"].post(f"{GOV}/membership-applications", again)["standing"] == "active"


# ---- the contract with licensing ----

def test_open_appeal_for_licensing(trust):
    subject = str(uuid.uuid4())
    opened = trust.sql("SELECT governance.open_appeal('refusal', %s, '{\"grounds\": \"x\"}')", subject)[0][0]
    assert trust.sql("SELECT governance.open_appeal('refusal', %s, '{}')", subject)[0][0] == opened  # open still
    assert trust.sql("SELECT kind, subject::text, state, upheld, reasons, command FROM governance.appeal_decision WHERE appeal_id = %s", opened) == [
        ("refusal", subject, "lot", None, None, None)]
    panel = draw(trust, opened)
    for letter in "UW":
        decide(trust, panel[letter], opened, "uphold")
    assert trust.sql("SELECT upheld, command FROM governance.appeal_decision WHERE appeal_id = %s", opened) == [(True, "uphold")]
    assert trust.sql("SELECT governance.open_appeal('refusal', %s, '{}')", subject)[0][0] != opened  # another refusal


# ---- attacks ----

@pytest.mark.parametrize("attack, codes", [
    ("UPDATE governance.panel_vote SET choice = 'uphold'", {"23001"}), ("DELETE FROM governance.panel_vote", {"23001"}),
    ("UPDATE governance.panel_case SET upheld = NOT upheld WHERE state = 'decided'", {"23001"}),
    ("UPDATE governance.panel_case SET state = 'decided', upheld = false, decided_at = now(), closes_at = NULL WHERE state <> 'decided'", {"23514"}),
    ("UPDATE governance.panel_lot SET seed = repeat('0', 64)", {"23001"}), ("UPDATE governance.panel_lot SET candidates = '{}'", {"23001"}),
    ("INSERT INTO governance.panel_commit SELECT appeal_id, round, 'U', (SELECT m.member_id FROM governance.member AS m LIMIT 1), repeat('9', 64), now() FROM governance.panel_lot WHERE drawn_at IS NOT NULL LIMIT 1", {"23514"}),
    ("INSERT INTO governance.panel_reveal SELECT appeal_id, round, class, repeat('0', 64), now() FROM governance.panel_commit LIMIT 1", {"23514"}),
    ("INSERT INTO governance.panel_vote SELECT s.appeal_id, s.round, s.class, s.n, 'reverse', 'x', now() FROM governance.panel_seat AS s JOIN governance.panel_case AS a ON a.id = s.appeal_id WHERE a.state = 'decided' LIMIT 1", {"23514"}),
    ("INSERT INTO governance.sanction_lift SELECT log.new_id(), s.id, 'x', now(), NULL, NULL, NULL, a.id FROM governance.sanction AS s, governance.panel_case AS a WHERE a.kind = 'vote' LIMIT 1", {"23514"}),
    ("UPDATE governance.proposal SET state = 'annulled' WHERE state = 'in_force'", {"23514"}),
    ("DELETE FROM governance.panel_case", {"23001"}), ("TRUNCATE governance.panel_case CASCADE", {"23001"}),
])
def test_attack_guards_hold_against_the_owner(trust, attack, codes):
    for mode in ("origin", "replica"):
        with pytest.raises(psycopg2.Error) as answer:
            trust.sql(f"SET session_replication_role = {mode}; SET ROLE ch_governance_owner; {attack}")
        assert answer.value.pgcode in codes, (mode, answer.value.pgcode, str(answer.value))


def test_the_auditor_knows_each_leaf_of_an_appeal(trust, swift):
    """Draws and decisions, each told once; whatever else the tests above did to the books."""
    for made in (trust, swift):
        done = subprocess.run([BIN / "commonhold-audit", "--full", "--checks", "T2", "--report", "json", "--source", made.database.replace("user=commonhold", "user=ch_audit")],
                              capture_output=True, text=True, timeout=DEADLINE)
        assert done.returncode < 3, done.stderr
        assert [f for f in json.loads(done.stdout)["findings"] if f["object_type"] == "appeal"] == []
        assert made.sql("SELECT count(*) > 2 FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = 'appeal'") == [(True,)]

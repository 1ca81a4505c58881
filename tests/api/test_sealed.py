# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed votes from the stewards' keys to a bundle that anybody recounts: over HTTP, over the command line, and against those who hurry, repeat,
look or change a byte. CH_ROUNDS sets how often races and mutations are tried."""
import json
import os
import random
import re

import psycopg2
import pytest

import sealing
from machines import Machine
from sealing import BYLAW, CLASS_OF, MEMBERS, STEWARDS, Vote, row, seal, secret_trust, verify
from stack import PASSWORD, Problem, eventually, together
from trust import GOV

ROUNDS = int(os.environ.get("CH_ROUNDS", "60"))
CHECKS = ["schema", "hashes", "roll", "records", "opening", "commits", "seed", "tally", "outcome", "attestations", "proofs", "checkpoint"]


@pytest.fixture(scope="module")
def trust(stack):
    made = secret_trust(stack)
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def vkey(trust):
    return next(item["vkey"] for item in trust.public.get("/log/keys").json["items"] if item["until"] is None)


#: Who says what in the vote that most tests look at; dee's ballot holds no choice, ida does not vote.
SAID = {"ada": "yes", "gil": "yes", "hal": "no", "sue": "yes", "ugo": "abstain", "ben": "yes", "tess": "no", "lin": "yes", "mo": "yes", "stan": "yes",
        "dee": b'{"c":"maybe"}'.ljust(32), "cem": "yes", "eva": "yes", "fay": "abstain", "sara": "yes", "cleo": "no"}


@pytest.fixture(scope="module")
def done(trust):
    """A whole vote, in force."""
    vote = Vote(trust).open()
    for name, choice in SAID.items():
        vote.cast(name, choice)
    vote.roll_text = vote.roll()
    vote.close().state("in_force")
    vote.bytes = vote.bundle()
    return vote


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1] if answer.status >= 400 else answer.outcome


# ---- a whole vote ----

def test_a_whole_vote(done, vkey):
    found = done.read()
    assert found["tally"]["counts"] == {"U": {"roll": 5, "yes": 3, "no": 1, "abstain": 1}, "W": {"roll": 7, "yes": 4, "no": 1, "abstain": 0},
                                        "C": {"roll": 5, "yes": 3, "no": 1, "abstain": 1}}
    assert found["named"] is False and found["tally"]["outcome"]["outcome"] == "carried"
    code, lines = verify(done.bytes, "--roll", "roll.tsv", "--vkey", vkey, **{"roll.tsv": done.roll_text})
    assert (code, lines) == (0, [f"ok {name}" for name in CHECKS] + ["outcome carried"])


def test_the_bundle_is_canonical_and_complete(done):
    bundle = json.loads(done.bytes)
    assert done.bytes.decode() == seal.canonical(bundle)
    records = {seal.record_hash(record): record for record in done.records.values()}
    assert [seal.record_hash(seal.canonical(one)) for one in bundle["records"]] == sorted(records)
    assert bundle["spoiled"] == [seal.record_hash(done.records["dee"])]
    private = {one["class"]: seal.unb64(one["private_key"]) for one in bundle["stewards"] if one["private_key"]}
    assert private == {code: done.keys[code] for code in "UW"}
    for one in bundle["opened"]:
        key, choice = seal.unseal(records[one["record_sha256"]], private)
        assert (seal.b64(key), choice.decode()) == (one["key"], one["choice"])


def test_trackers(done):
    for name, state in (("ada", "counted"), ("dee", "spoiled")):
        tracker = seal.tracker(done.records[name])
        for text in (tracker, tracker.replace("-", "").lower()):
            found = done.trust.public.get(f"{GOV}/trackers/{text}").json
            assert (found["state"], found["box"], found["record_sha256"]) == (state, f"{done.id}/1", seal.record_hash(done.records[name]))
        assert found["log"]["entry"]["type"] == "ballots" and found["log"]["proof"].startswith("c2sp.org/tlog-proof@v1\n")
    for text in ("0000-0000-0000-0000-0000", "nothing", "Q9W1-DFWF-077Y-MGA1-83F5-0"):
        assert done.trust.public.send("GET", f"{GOV}/trackers/{text}").status == 404


def test_turnout_is_what_the_log_has(done):
    turnout = done.trust.public.get(f"{GOV}/turnouts/{done.id}").json
    assert turnout["published"][0]["cast"] == {"U": 5, "W": 6, "C": 5} and turnout["readings"][0]["outcome"]["outcome"] == "carried"


def test_a_repeat_behind_the_close_is_answered(done):
    again = done.send("ada", done.records["ada"])
    assert again.outcome == "already_cast" and again["tracker"] == seal.tracker(done.records["ada"])
    assert slug(done.send("ada", done.seal("ada", "no"))) == slug(done.send("ida", done.seal("ida", "no"))) == "voting_not_open"


# ---- what a verifier refuses ----

def test_any_changed_byte_fails(done, vkey):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance, text = random.Random(seed), done.bytes
    for _ in range(ROUNDS):
        at = chance.randrange(len(text))
        byte = chance.choice([b for b in range(32, 127) if b != text[at]])
        code, lines = verify(text[:at] + bytes([byte]) + text[at + 1:], "--vkey", vkey)
        assert code in (1, 2), (at, text[at:at + 1], bytes([byte]), text[max(0, at - 60):at + 60])
        assert code == 2 or any(line.startswith("FAIL ") for line in lines)


def change(path, value):
    def changed(bundle):
        *way, last = path
        for step in way:
            bundle = bundle[step]
        bundle[last] = value(bundle[last]) if callable(value) else value
    return changed


def drop(name):
    return lambda bundle: bundle[name].pop()


def another(choice):
    """Whichever ballot comes first: not what it says."""
    return ('{"c":"no"}' if "yes" in choice else '{"c":"yes"}').ljust(len(choice))


@pytest.mark.parametrize("failed, changed", [
    ("schema", change(["schema"], "commonhold-vote/2")), ("schema", change(["more"], 1)), ("schema", change(["stewards", 2, "private_key"], "AA")),
    ("schema", lambda b: b["stewards"].reverse()), ("hashes", change(["proposal", "rule", "q_num"], 0)), ("hashes", change(["proposal", "version"], 2)),
    ("records", drop("records")), ("records", lambda b: b["records"].reverse()), ("records", change(["voted", "U"], 4)),
    ("opening", drop("opened")), ("opening", drop("spoiled")), ("opening", change(["opened", 0, "choice"], another)),
    ("commits", change(["opened", 0, "key"], "A" * 43)), ("seed", change(["lot_seed"], "0" * 64)), ("tally", change(["tally", "U", "yes"], 4)),
    ("outcome", change(["outcome", "totals", "yes"], 99)), ("attestations", change(["attestations"], [{"class": "U", "signature": "A" * 86}])),
    ("proofs", change(["log", "roll", "entry", "body", "counts", "U"], 6)), ("proofs", change(["log", "checkpoint"], lambda t: t[:-2] + "\n")),
    ("proofs", change(["stewards", 2, "public_key"], seal.b64(seal.point(seal.private(b"\5" * 32))))),
    ("proofs", lambda b: b["log"].update(freeze=b["log"]["roll"]))])
def test_each_part_is_checked(done, vkey, failed, changed):
    bundle = json.loads(done.bytes)
    changed(bundle)
    code, lines = verify(seal.canonical(bundle), "--vkey", vkey)
    assert code == 1 and [line for line in lines if line.startswith(f"FAIL {failed} ")], lines


def test_what_a_verifier_is_given(done, vkey):
    spaced = json.dumps(json.loads(done.bytes), indent=1)
    assert verify(spaced)[0] == 0 and verify(done.bytes)[1][-1] == "outcome carried"
    other = vkey.split("+")[0] + "+" + "0" * 8 + "+" + vkey.split("+")[2]
    assert [line.split()[0] for line in verify(done.bytes, "--vkey", other)[1]][-2] == "FAIL"
    for text in (done.roll_text.replace("U\t", "W\t", 1), "".join(reversed(done.roll_text.splitlines(True))), "", done.roll_text + "x"):
        assert verify(done.bytes, "--roll", "r", r=text)[0] == 1
    assert verify(b"{")[0] == verify(done.bytes, "--roll", "nowhere")[0] == 2
    assert verify(done.bytes, "--nothing")[0] == 64


# ---- casting ----

def test_casting(trust):
    """Each outcome with its slug; what is malformed or refused uses no vote."""
    vote = Vote(trust)
    vote.state("frozen")
    empty = {"box": f"{vote.id}/1", "c": "", "class": "U", "commit": "", "e": "", "v": 1, "w": []}
    assert slug(vote.send("ada", empty)) == "ballot_malformed"
    vote.open()
    trust.join("yan", "U", "Yan Later", "mo")
    record = vote.seal("ada", "yes")
    broken = {"another box": record.replace(vote.id, "0196f0a0-0000-7000-8000-000000000001"), "another class": vote.seal("ada", "yes", "W"),
              "a long choice": vote.seal("ada", b" " * 33), "a member more": {**json.loads(record), "x": 1}, "no point": {**json.loads(record), "e": "A" * 87},
              "a number": {**json.loads(record), "commit": 7}, "an old version": {**json.loads(record), "v": 0}, "nothing": {}}
    for what, wrong in broken.items():
        assert slug(vote.send("ada", wrong)) == "ballot_malformed", what
    assert slug(vote.trust.public.send("POST", f"{vote.path}/cast-ballot", json.loads(record))) == "not_signed_in"
    assert slug(vote.send("ada", record)) == "cast" and slug(vote.send("ada", record)) == "already_cast"
    assert slug(vote.send("ada", vote.seal("ada", "yes"))) == slug(vote.send("ada", vote.seal("ada", "no"))) == "already_voted"
    assert slug(vote.send("gil", record)) == "ballot_malformed" and slug(vote.send("gil", vote.seal("gil", "no"))) == "cast"
    assert slug(vote.send("yan", vote.seal("ada", "no"))) == "not_on_roll"
    assert slug(trust["ada"].send("POST", f"{vote.path}/cast-named-vote", {"choice": "yes"})) == "voting_not_open"
    found = trust.public.get(f"{GOV}/trackers/{seal.tracker(record)}").json
    assert (found["state"], found["log"]) == ("in_box", None)
    assert slug(trust.public.send("GET", f"{GOV}/bundles/{vote.id}")) == "not_tallied"
    assert vote.read()["tally"] is None and vote.read()["votes"] is None
    vote.end()
    assert slug(vote.send("hal", vote.seal("hal", "yes"))) == "voting_not_open"


def test_stewards(trust):
    vote = Vote(trust, author="stan")
    vote.state("frozen")
    public = seal.b64(seal.point(seal.private(b"\1" * 32)))
    for text in ("AA", "A" * 87, seal.b64(b"\4" + b"\1" * 64)):
        assert trust["sue"].send("POST", f"{vote.path}/post-steward-key", {"public_key": text}).json["errors"][0]["pointer"] == "/public_key"
    for name in ("ada", "stan"):
        assert slug(trust[name].send("POST", f"{vote.path}/post-steward-key", {"public_key": public})) == "forbidden"
    assert slug(vote.post_key("U", b"\1" * 32)) == slug(vote.post_key("U", b"\1" * 32)) == "accepted"
    assert slug(vote.post_key("U", b"\2" * 32)) == "key_mismatch"
    assert slug(vote.post_key("C", b"\1" * 32)) == "invalid"
    vote.keys["U"] = b"\1" * 32
    assert slug(vote.reveal("U")) == "too_early"
    # the deputy of the author's class does it
    vote.keys["W"] = os.urandom(32)
    trust["dee"].post(f"{vote.path}/post-steward-key", {"public_key": seal.b64(seal.point(seal.private(vote.keys["W"])))})
    vote.open("C")
    vote.stewards = [seal.unb64(one["public_key"]) for one in vote.state("voting")["sealing"]["stewards"]]
    assert slug(vote.reveal("U")) == "too_early"
    vote.cast("ada", "yes")
    vote.cast("eva", "yes")
    vote.end()
    right, vote.keys["C"] = vote.keys["C"], os.urandom(32)
    assert slug(vote.reveal("C")) == "key_mismatch"
    vote.keys["C"] = right
    assert slug(trust["ada"].send("POST", f"{vote.path}/reveal-steward-key", {"private_key": seal.b64(right)})) == "forbidden"
    assert slug(vote.reveal("U")) == slug(vote.reveal("U")) == slug(vote.reveal("C")) == "accepted"
    vote.state("in_force")
    trust["dee"].post(f"{vote.path}/reveal-steward-key", {"private_key": seal.b64(vote.keys["W"])})
    assert trust.sql("SELECT count(private_key) FROM governance.steward_key WHERE proposal_id = %s", vote.id) == [(2,)]


# ---- other ways a vote goes ----

def test_an_unlinked_vote(trust, vkey):
    """Choices merged, keys signed and gone."""
    vote = Vote(trust, "bylaw", BYLAW).open()
    for name, choice in {"ada": "yes", "gil": "yes", "ben": "no", "lin": "yes", "cem": "yes", "mo": b"x" * 32}.items():
        vote.cast(name, choice)
    vote.close("W", "C").state("in_force")
    text = vote.bundle()
    bundle = json.loads(text)
    assert [(one["class"], one["count"]) for one in bundle["opened"]] == [("W", 1), ("U", 2), ("W", 1), ("C", 1)]
    assert all(set(one) == {"class", "public_key"} for one in bundle["stewards"]) and len(bundle["records"]) == 6 and len(bundle["spoiled"]) == 1
    assert verify(text, "--vkey", vkey) == (0, [f"ok {name}" for name in CHECKS if name not in ("roll", "commits", "seed")] + ["outcome carried"])
    assert trust.sql("SELECT count(*), count(private_key), count(revealed_at) FROM governance.steward_key WHERE proposal_id = %s", vote.id) == [(3, 0, 2)]
    for failed, changed in (("attestations", change(["opened", 1, "count"], 3)), ("attestations", change(["lot_seed"], "1" * 64)),
                            ("attestations", change(["attestations", 0, "class"], "U")), ("opening", change(["opened", 0, "count"], 2))):
        other = json.loads(text)
        changed(other)
        assert [line for line in verify(seal.canonical(other))[1] if line.startswith(f"FAIL {failed} ")], failed


def test_two_readings(trust):
    """Each with a roll, a box and keys of its own, and a bundle."""
    vote = Vote(trust, "prohibit_purpose", {"schema": "prohibition_add", "purpose": "COM.AI"})
    for reading in (1, 2):
        eventually(f"reading {reading}", lambda n=reading: vote.read()["reading"] == n)
        vote.open()
        for name in ("ada", "gil", "ben", "lin", "cem", "eva"):
            vote.cast(name, "yes")
        vote.close()
    vote.state("in_force")
    for reading in (1, 2):
        text = eventually("the bundle", lambda n=reading: trust.public.get(f"{GOV}/bundles/{vote.id}?reading={n}").raw)
        assert json.loads(text)["proposal"]["reading"] == reading and verify(text)[0] == 0


def test_votes_that_are_not_opened_lapse(stack):
    trust = secret_trust(stack, [row("policy", voting_seconds=1), row("bylaw", voting_seconds=1)], ceremony_seconds=4, reveal_seconds=2)
    late, silent = Vote(trust), Vote(trust, "bylaw", BYLAW).open()
    late.open("U", "W")
    silent.cast("ada", "yes")
    silent.close("U")
    assert late.state("lapsed")["events"][-1]["reason"] == "not all stewards posted their keys in time"
    assert silent.state("lapsed")["events"][-1]["reason"] == "not_opened"
    assert slug(silent.reveal("W")) == "accepted" and silent.read()["state"] == "lapsed"
    stack.release(trust)


def test_small_classes(stack):
    founders = [one for one in sealing.charter_changes()["founders"] if one["ref"] != "cleo"]
    trust = secret_trust(stack, [row("policy"), row("bylaw", small_class="named")], founders)
    refused, named = Vote(trust), Vote(trust, "bylaw", BYLAW)
    eventually("what holds it", lambda: "fewer than five" in json.dumps(refused.read()["held"]))
    assert refused.read()["state"] == "discussion"
    found = named.state("voting")
    assert found["named"] is True and found["sealing"] is None and found["events"][-1]["reason"] == "named, because a class is small"
    trust["ada"].post(f"{named.path}/cast-named-vote", {"choice": "yes"})
    stack.release(trust)


# ---- secrecy ----

def test_nothing_joins_ballots_and_members(done):
    """No time, member, sequence or address in the rows of ballots; no transaction in common with the roll; nothing in the log of the service."""
    columns = done.trust.sql("SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid "
                             "WHERE c.relnamespace = 'governance'::regnamespace AND c.relname IN ('ballot', 'ballot_box', 'opened_choice', 'spoiled_ballot') AND a.attnum > 0")
    assert {(name, kind) for _, name, kind in columns} == {("box", "text"), ("record_sha256", "bytea"), ("record", "bytea"), ("auth", "jsonb"),
                                                           ("token", "bytea"), ("key", "bytea"), ("choice", "text")}
    common = ("SELECT count(*) FROM governance.ballot AS b JOIN governance.roll AS r ON r.xmin = b.xmin WHERE b.box = %s")
    assert done.trust.sql(common, f"{done.id}/1") == [(0,)]
    assert done.trust.sql("SELECT count(DISTINCT xmin::text) FROM governance.ballot WHERE box = %s", f"{done.id}/1") == [(1,)]
    order = done.trust.sql("SELECT encode(record_sha256, 'hex') FROM governance.ballot WHERE box = %s ORDER BY ctid", f"{done.id}/1")
    assert order == sorted(order)
    assert done.trust.sql("SELECT count(*) FROM log.idempotency WHERE body::text LIKE '%%tracker%%'") == [(0,)]
    members = {row[0] for row in done.trust.sql("SELECT member_id::text FROM governance.member")}
    lines = [line for line in done.trust.log_text().splitlines() if "cast-ballot" in line]
    assert lines and not [line for line in lines if any(member in line for member in members) or "commit" in line]


def test_no_answer_differs_by_choice(trust):
    vote = Vote(trust).open()
    told = {}
    for name, choice in (("ada", "yes"), ("gil", "no"), ("hal", "abstain")):
        answer = vote.cast(name, choice)
        seen = [answer.raw, trust[name].get(vote.path).raw, trust[name].get(f"{GOV}/rolls/{vote.id}/check-self").raw,
                trust.public.get(f"{GOV}/trackers/{seal.tracker(vote.records[name])}").raw]
        told[choice] = [len(vote.records[name])] + [len(one) for one in seen]
    assert told["yes"] == told["no"] == told["abstain"]
    texts = trust.sql("SELECT payload::text FROM log.outbox WHERE payload::text LIKE %s", f"%{vote.id}%")
    assert not [text for text, in texts if "choice" in text or '"yes"' in text]


# ---- races ----

def call(trust, statement, *args):
    connection = psycopg2.connect(trust.database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, args)
            return cursor.fetchone()[0]
    finally:
        connection.close()


CAST = "SELECT (governance.cast_ballot(%s, %s, %s, 'T')).outcome"


def test_double_casts_and_the_close(stack):
    """Many cast twice at once while the clock closes: each votes once or not at all, and what was acknowledged is what is counted."""
    trust = secret_trust(stack, [row("policy", voting_seconds=2)])
    ids = {name: trust.sql("SELECT member_id::text FROM governance.member WHERE ref = %s", name)[0][0] for names in MEMBERS.values() for name in names}
    done = 0
    while done < ROUNDS:
        vote, cast = Vote(trust).open(), {}
        box = vote.box
        for name, code in CLASS_OF.items():
            cast[name] = [seal.seal(box, code, vote.stewards, {"c": choice}) for choice in ("yes", "no")]
        names, acknowledged = list(cast), {}
        while names and done < ROUNDS + 17:
            name = names.pop()
            twice = [cast[name][0], random.choice(cast[name])]
            outcomes = together(*(lambda text=text: call(trust, CAST, ids[name], vote.id, text) for text in twice))
            done += 1
            if twice[0] == twice[1]:
                assert sorted(outcomes) in (["already_cast", "cast"], ["voting_not_open"] * 2, ["cast", "voting_not_open"])
            else:
                assert sorted(outcomes) in (["already_voted", "cast"], ["voting_not_open"] * 2, ["cast", "voting_not_open"])
            acknowledged.update({seal.record_hash(text): name for text, outcome in zip(twice, outcomes) if outcome == "cast"})
        vote.state("closed")
        vote.close().state("in_force", "lapsed", "rejected")
        kept = trust.sql("SELECT encode(record_sha256, 'hex') FROM governance.ballot WHERE box = %s", box)
        assert {hash_ for hash_, in kept} == set(acknowledged)
    print("pairs cast at once:", done)
    stack.release(trust)


def test_two_workers_tally_once(trust):
    vote = Vote(trust).open()
    for name in ("ada", "ben", "cem"):
        vote.cast(name, "yes")
    vote.end()
    trust.stop()
    trust.start("governance", "licensing", "metering", "payout", "log", "portal")
    trust.sql("SELECT 1")
    for code in "UC":
        assert vote.reveal(code).outcome == "accepted"
    opened = []
    for name in ("ada", "ben", "cem"):
        key, choice = seal.unseal(vote.records[name], {code: vote.keys[code] for code in "UC"})
        opened.append([seal.record_hash(vote.records[name]), key.hex(), choice.decode()])
    store = "SELECT (governance.store_opened(%s, 1, %s, '[]')).outcome"
    assert together(*(lambda: call(trust, store, vote.id, json.dumps(opened)),) * 2) == ["ok", "ok"]
    counts = call(trust, "SELECT governance.count_votes(%s, 1)", vote.id)
    outcome = call(trust, "SELECT governance.decide(rule, %s) FROM governance.proposal WHERE id = %s", json.dumps(counts), vote.id)
    tally = "SELECT (governance.store_tally(%s, 1, %s, %s)).outcome"
    given = together(*(lambda: call(trust, tally, vote.id, json.dumps(counts), json.dumps(outcome)),) * 2)
    assert sorted(given) == ["ok", "stale"]
    trust.restart()
    vote.state("in_force")
    assert trust.sql("SELECT count(*) FROM governance.tally WHERE proposal_id = %s", vote.id) == [(1,)]


# ---- the command line ----

class Home(Machine):
    def __init__(self, folder, trust, name):
        super().__init__(folder)
        (folder / "password").write_text(PASSWORD + "\n")
        email = next(one["email"] for one in trust.charter["founders"] if one["ref"] == name)
        code, _, err = self.run("sign-in", "--origin", trust.base, "--email", email, "--password-file", folder / "password")
        assert code == 0, err


def test_the_command_line(trust, vkey, tmp_path):
    """Stewards and voters at their own machines, from keys to the verified bundle."""
    vote = Vote(trust)
    vote.state("frozen")
    homes = {name: Home(tmp_path / name, trust, name) for name in [*STEWARDS.values(), "ada", "ben", "eva"]}
    for code, name in STEWARDS.items():
        for _ in range(2):
            status, out, err = homes[name].run("steward", "key", vote.id, "--key", tmp_path / f"{code}.key")
            assert status == 0 and out.startswith("posted; keep "), err
    vote.state("voting")
    eventually("the roll in the log", lambda: trust.public.get(f"/log/proof/roll/{vote.box}").raw)
    (tmp_path / "policy").write_text(f"log {vkey}\nquorum none\n")
    proven = "the stewards' keys are those of the log\n"
    for name, arguments, said in (("ada", (), ""), ("ben", ("--vkey", vkey), proven), ("eva", ("--policy", tmp_path / "policy"), proven)):
        status, out, err = homes[name].run("vote", vote.id, "yes", *arguments)
        assert status == 0 and re.fullmatch(said + r"cast: your tracker is ([0-9A-Z]{4}-){4}[0-9A-Z]{4}\n", out), err
        assert ("taken on the trust's word" in err) == (not arguments)
        assert trust.public.get(f"{GOV}/trackers/{out.split()[-1]}").json["state"] == "in_box"
    assert homes["ada"].run("vote", vote.id, "no")[0] == 2
    assert homes["ada"].run("vote", vote.id, "perhaps")[0] == 2 and homes["ada"].run("vote", vote.id)[0] == 64
    assert homes["sue"].run("steward", "reveal", vote.id, "--key", tmp_path / "U.key")[0] == 2
    vote.end()
    assert homes["sue"].run("steward", "reveal", vote.id, "--key", tmp_path / "W.key")[0] == 2
    for code in "UC":
        status, out, err = homes[STEWARDS[code]].run("steward", "reveal", vote.id, "--key", tmp_path / f"{code}.key")
        assert status == 0 and out.startswith("revealed; 3 of 3 keys posted"), err
    vote.state("in_force")
    assert verify(vote.bundle(), "--vkey", vkey)[1][-1] == "outcome carried"


def test_a_voter_does_not_seal_to_other_keys(trust, vkey, tmp_path):
    """What the trust says against its log, or of a log that is not the voter's, is refused, and nothing is cast."""
    vote = Vote(trust).open()
    eventually("the roll in the log", lambda: trust.public.get(f"/log/proof/roll/{vote.box}").raw)
    home = Home(tmp_path / "ada", trust, "ada")
    (tmp_path / "nobody").write_text("quorum none\n")
    refused = {("--vkey", vkey[:-3] + "AA="): "key", ("--vkey", vkey.replace("trust.example", "other.example")): "key", ("--policy", tmp_path / "nobody"): "names no log",
               ("--policy", tmp_path / "nowhere"): "nowhere"}
    for arguments, why in refused.items():
        status, out, err = home.run("vote", vote.id, "yes", *arguments)
        assert status == 2 and out == "" and "not voted: " in err and why in err, (arguments, err)
    other = seal.point(seal.private(os.urandom(32)))
    trust.unguarded("ALTER TABLE governance.steward_key DISABLE TRIGGER guard", f"UPDATE governance.steward_key SET public_key = '\\x{other.hex()}' WHERE proposal_id = '{vote.id}' AND class = 'W'",
                    "ALTER TABLE governance.steward_key ENABLE ALWAYS TRIGGER guard")
    status, out, err = home.run("vote", vote.id, "yes", "--vkey", vkey)
    assert status == 2 and "not those that stood in the log" in err, err
    assert trust.sql("SELECT count(*) FROM governance.roll WHERE proposal_id = %s AND voted", vote.id) == [(0,)]


# ---- attacks on the rows ----

@pytest.mark.parametrize("statement", [
    "UPDATE governance.ballot SET record = record", "DELETE FROM governance.ballot", "TRUNCATE governance.ballot CASCADE",
    "UPDATE governance.opened_choice SET choice = '{{\"c\":\"no\"}}'", "DELETE FROM governance.spoiled_ballot",
    "INSERT INTO governance.ballot (box, record_sha256, record) VALUES ('{box}', sha256('x'), 'x')",
    "INSERT INTO governance.ballot_box (box, record_sha256, record) VALUES ('{box}', sha256('x'), 'x')",
    "INSERT INTO governance.opened_choice SELECT box, record_sha256, sha256('x'), 'x' FROM governance.spoiled_ballot",
    "INSERT INTO governance.opened_merged VALUES ('{box}', 'U', 'x', 1)", "UPDATE governance.steward_key SET private_key = NULL",
    "DELETE FROM governance.steward_key", "UPDATE governance.roll SET voted = false"])
def test_rows_of_a_vote_stay(done, statement):
    """As the schema's owner, and with triggers of a replica."""
    for setting in ("", "SET LOCAL session_replication_role = replica; "):
        with pytest.raises(psycopg2.Error) as error:
            done.trust.sql(f"{setting}SET LOCAL ROLE ch_governance_owner; " + statement.format(box=f"{done.id}/1"))
        assert error.value.pgcode in ("23001", "23514", "23503", "42P01"), error.value


def test_a_wrong_choice_is_not_stored(done):
    """The table holds key and choice against the ballot's commitment, whoever inserts."""
    assert call(done.trust, "SELECT governance.recount(%s)", done.id) == "carried"
    assert done.trust.sql("SELECT governance.recount_box(%s, 1)", done.id) == [(None,)]


def test_nobody_reads_a_box_without_right(done):
    for role, table in (("ch_governance", "ballot"), ("ch_worker", "steward_key"), ("ch_governance", "steward_key"), ("ch_audit", "steward_key"), ("ch_licensing", "ballot")):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            done.trust.sql(f"SET LOCAL ROLE {role}; SELECT * FROM governance.{table}")
    with pytest.raises(Problem):
        done.trust.public.get(f"{GOV}/bundles/0196f0a0-0000-7000-8000-000000000001")

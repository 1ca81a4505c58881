# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sealed vote from the browser to the recount: cast by keyboard in Chromium, its answer lost once, closed, revealed, tallied, checked by the
command line and by the page."""
import json
import pathlib
import subprocess

import pytest

from sealing import CLASS_OF, Vote, seal, secret_trust, verify
from stack import PASSWORD
from trust import GOV

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def trust(stack, pages):
    made = secret_trust(stack, settings={"portal": {"portal_dir": pages}})
    yield made
    stack.release(made)


def browse(program, trust, name, **more):
    email = next(f["email"] for f in trust.charter["founders"] if f["ref"] == name)
    given = json.dumps({"base": trust.base, "email": email, "password": PASSWORD, **more})
    done = subprocess.run(["node", program], cwd=HERE, input=given, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def vote(trust):
    """Two cast in the browser, eva with her answers lost; the others as the API tests do."""
    made = Vote(trust).open()
    made.seen = {name: browse("vote.mjs", trust, name, proposal=made.id, choice=choice, other="abstain", lose=name == "eva")
                 for name, choice in (("ada", "no"), ("eva", "yes"))}
    made.records = {name: seen["casts"][0] for name, seen in made.seen.items()}
    for name in (name for name in CLASS_OF if name not in made.records):
        made.cast(name, "yes")
    made.close().state("in_force")
    made.bytes = made.bundle()
    return made


@pytest.mark.parametrize("name, sentence", [("ada", "You vote no"), ("eva", "You vote yes")])
def test_what_the_voter_saw(vote, name, sentence):
    seen, record = vote.seen[name], vote.records[name]
    assert seen["review"].startswith(sentence)
    assert seen["tracker"] == seal.tracker(seal.canonical(json.loads(record)))
    assert set(seen["casts"]) == {record} and len(seen["casts"]) == (4 if name == "eva" else 1)
    assert (seen["ballotAfter"], seen["trackerAfter"]) == (0, False)


def test_nothing_complained_but_the_line_that_was_cut(vote):
    assert vote.seen["ada"]["complaints"] == []
    assert all("ERR_CONNECTION_RESET" in text for text in vote.seen["eva"]["complaints"]), vote.seen["eva"]["complaints"]


def test_the_choice_is_nowhere_but_in_the_seal(vote):
    for seen in vote.seen.values():
        told = json.dumps([seen["storage"], seen["addresses"]])
        assert seen["tracker"] not in told and not any(f'"{word}"' in seen["casts"][0] for word in ("yes", "no", "abstain"))
        assert not any(f"={word}" in told for word in ("yes", "no", "abstain"))


def test_the_ballots_are_counted_and_anybody_recounts(vote, trust):
    bundle = json.loads(vote.bytes)
    hashes = {seal.record_hash(seal.canonical(json.loads(record))) for record in (vote.records["ada"], vote.records["eva"])}
    opened = {one["record_sha256"]: one["choice"].strip() for one in bundle["opened"]}
    assert sorted(opened[one] for one in hashes) == ['{"c":"no"}', '{"c":"yes"}']
    vkey = next(item["vkey"] for item in trust.public.get("/log/keys").json["items"] if item["until"] is None)
    code, lines = verify(vote.bytes, "--vkey", vkey)
    assert code == 0 and lines[-1] == "outcome carried", lines


def test_the_tracker_is_on_the_board_and_the_page_recounts(vote, trust):
    found = trust.public.get(f"{GOV}/trackers/{vote.seen['eva']['tracker']}").json
    assert found["state"] == "counted"
    seen = browse("check.mjs", trust, "eva", proposal=vote.id, tracker=vote.seen["eva"]["tracker"])
    assert (seen["tracker"], seen["bundle"], seen["wide"], seen["complaints"]) == ("counted", "holds", False, [])
    assert "Su papeleta está entre ellas." in seen["said"]


def change(path, value):
    def changed(bundle):
        *way, last = path
        for step in way:
            bundle = bundle[step]
        bundle[last] = value
    return changed


@pytest.mark.parametrize("failed, changed", [
    ("schema", change(["more"], 1)), ("hashes", change(["proposal", "rule", "q_num"], 0)), ("records", lambda b: b["records"].reverse()),
    ("opening", change(["opened", 0, "choice"], '{"c":"abstain"}'.ljust(32))), ("seed", change(["lot_seed"], "0" * 64)),
    ("tally", change(["tally", "U", "yes"], 0)), ("attestations", change(["attestations"], [{"class": "U", "signature": "A" * 86}])),
    ("proofs", change(["log", "roll", "entry", "body", "counts", "U"], 6)), ("nothing", lambda b: None)])
def test_the_page_sees_what_was_changed(vote, failed, changed):
    """Its module, on the bundle with one thing changed."""
    bundle = json.loads(vote.bytes)
    changed(bundle)
    program = "import('../../../services/portal/www/bundle.js').then(async (m) => console.log(JSON.stringify(await m.checkBundle(JSON.parse(require('fs').readFileSync(0, 'utf8'))))))"
    done = subprocess.run(["node", "-e", program], cwd=HERE, input=json.dumps(bundle), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = [one["name"] for one in json.loads(done.stdout) if one["holds"] is False]
    assert told == [] if failed == "nothing" else failed in told, told

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Offices in the browser: the membership officer admits somebody, who opens the account with what the page showed; a steward makes a key, keeps it as a file, and
reveals it when voting has closed, so that anybody recounts the vote; the conduct panel calls an accused to a hearing, who answers."""
import json
import pathlib
import subprocess

import pytest

from expelling import seat_panel
from sealing import CLASS_OF, Vote, row, seal, secret_trust, verify
from stack import PASSWORD
from trust import GOV

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def trust(stack, pages):
    rules = [row("policy"), row("expulsion", proposers=["conduct"], sponsors_min=0, board_mode="unlinked", must_carry_subject=True)]
    made = secret_trust(stack, rules, settings={"portal": {"portal_dir": pages}})
    seat_panel(made, "lin")
    yield made
    stack.release(made)


def browse(trust, name, deed, **more):
    email = next(one["email"] for one in trust.charter["founders"] if one["ref"] == name)
    given = json.dumps({"base": trust.base, "email": email, "password": PASSWORD, "deed": deed, **more})
    done = subprocess.run(["node", "offices.mjs"], cwd=HERE, input=given, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout)
    assert seen["complaints"] == []
    return seen


def test_who_is_admitted_opens_the_account(trust):
    applied = trust.public.send("POST", f"{GOV}/membership-applications", {"class": "W", "display_name": "Hana Ito", "email": "hana@example.org"})
    assert applied["standing"] == "applied"
    seen = browse(trust, "mo", "admit", applicant="Hana Ito")
    assert seen["invite"].startswith(f"{trust.base}/join?invite=")
    browse(trust, "mo", "open", invite=seen["invite"], address="hana@example.org", secret=PASSWORD)
    joined = trust.public.send("POST", "/portal/v1/sign-ins", {"email": "hana@example.org", "password": PASSWORD})
    assert joined["subject"] == applied["id"]


def test_a_steward_posts_and_reveals_from_the_browser(trust, tmp_path):
    vote = Vote(trust)
    vote.state("frozen")
    posted = browse(trust, "sue", "post", proposal=vote.id, folder=str(tmp_path))
    assert ["posted" in row for row in posted["rows"]] == [True, False, False], posted["rows"]
    file = (tmp_path / "steward.pem").read_text()
    assert file.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    for code in "WC":
        assert vote.post_key(code).outcome == "accepted"
    vote.stewards = [seal.unb64(one["public_key"]) for one in vote.state("voting")["sealing"]["stewards"]]
    for name in CLASS_OF:
        vote.cast(name, "yes")
    vote.end()
    seen = browse(trust, "sue", "reveal", proposal=vote.id, folder=str(tmp_path))
    assert "does not open with this pass phrase" in seen["wrong"]
    assert vote.reveal("W").outcome == "accepted"
    vote.state("in_force")
    code, lines = verify(vote.bundle())
    assert code == 0 and lines[-1] == "outcome carried", lines


def test_the_key_file_is_one_that_openssl_opens(trust, tmp_path):
    vote = Vote(trust)
    vote.state("frozen")
    browse(trust, "sue", "post", proposal=vote.id, folder=str(tmp_path))
    key = subprocess.run(["openssl", "pkey", "-in", tmp_path / "steward.pem", "-passin", "pass:a long pass phrase", "-pubout", "-outform", "DER"], capture_output=True, timeout=60)
    posted = [seal.unb64(one["public_key"]) for one in vote.read()["sealing"]["stewards"]]
    assert key.returncode == 0 and key.stdout[-65:] == posted[0], key.stderr


def test_the_accused_is_called_and_answers(trust):
    accused = trust["gil"].subject
    made = browse(trust, "lin", "accuse", accused=accused, time="2099-01-05T10:00")
    answered = browse(trust, "gil", "answer", proposal=made["proposal"])
    assert answered["heard"] == ["Call", "Answer"]
    found = trust["lin"].get(f"{GOV}/proposals/{made['proposal']}").json
    assert (found["state"], found["effect"]) == ("draft", {"schema": "expulsion", "member_id": accused})
    assert [(one["kind"], one["held_at"]) for one in found["hearing"]] == [("call", "2099-01-05T10:00:00Z"), ("answer", None)]

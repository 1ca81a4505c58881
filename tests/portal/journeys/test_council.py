# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a case to its decision: an application reaches the ethics council, one seat proposes a condition, three vote on their pages and two elsewhere, and the offer has the
condition that was kept."""
import json
import pathlib
import subprocess

import pytest

from applying import COUNCIL, LONG, apply, prepare, wait_for_state
from stack import PASSWORD
from trust import GOV, LIC

HERE = pathlib.Path(__file__).resolve().parent
YES = {"choice": "yes", "reason_code": "safeguards", "reason_text": "The safeguards hold.", "conditions": [True]}


def browse(trust, name, deed, case):
    email = next(one["email"] for one in trust.charter["founders"] if one["ref"] == name)
    given = json.dumps({"base": trust.base, "email": email, "password": PASSWORD, "deed": deed, "case": case})
    done = subprocess.run(["node", "council.mjs"], cwd=HERE, input=given, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout)
    assert seen["complaints"] == []
    return seen


@pytest.fixture(scope="module")
def decided(stack, pages):
    trust = stack.trust(changes=LONG, settings={"portal": {"portal_dir": pages}})
    prepare(trust)
    application = apply(trust, "firm", purpose="COM.INSIGHT")
    assert application["state"] == "council_review", application
    case = application["case_id"]
    seen = [browse(trust, "eva", "propose", case), *(browse(trust, name, "vote", case) for name in COUNCIL[:3])]
    for name in COUNCIL[3:]:
        trust[name].post(f"{GOV}/council-cases/{case}/vote", YES)
    offered = wait_for_state(trust, "firm", application["id"], "offered")
    yield trust, case, seen, offered
    stack.release(trust)


def test_the_list_shows_what_waits(decided):
    _, _, (proposed, *votes), _ = decided
    assert "30" in proposed["condition"] and "version" in proposed["row"], proposed
    assert all(one["missing"] == ["Choose yes or no.", "Choose a reason."] for one in votes), votes


def test_everybody_reads_votes_and_reasons_after(decided):
    trust, case, _, _ = decided
    seen = browse(trust, "eva", "read", case)
    assert (seen["state"], seen["votes"]) == ("decided", 5) and "30" in seen["kept"], seen


def test_the_offer_has_the_condition(decided):
    trust, _, _, offered = decided
    offer = trust["firm"].get(f"{LIC}/offers/{offered['offer_id']}").json
    assert offer["offer"]["conditions"] == [{"id": "C1", "max_days": 30}], offer["offer"]["conditions"]

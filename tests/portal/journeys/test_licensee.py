# SPDX-License-Identifier: AGPL-3.0-or-later
"""A licensee's way through the pages, from the application to its renewal, while the council, the treasurer and the bank do their part here. What the pages
show is what the trust counted."""
import json
import pathlib
import subprocess
import threading

import pytest

import cycle
import generate
from stack import PASSWORD, eventually
from trust import LIC

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20261124
QUESTION = "For how long is the data kept?"
PROJECT = "A map of cleaner walking routes."


@pytest.fixture(scope="module")
def world(stack, pages):
    """A trust whose pool has rows, consents and voted terms, as the demonstration makes them."""
    trust = stack.trust(sign_in=False, settings={"portal": {"portal_dir": pages}})
    generate.write_week(stack.folder / "licensee-week", SEED, 7, 7, 300)  # more than one part of a delivery
    made = cycle.Cycle(trust, stack.folder / "licensee-week")
    made.charter = stack.folder / f"{trust.name}.charter.json"
    for step in (made.people_join, made.pool_opens, made.files_come_in, made.consents_are_given, made.terms_are_voted):
        step()
    trust.register_organisation("startup", "Clear Streets Ltd", "IE", "small_company", "lin", vat_id="IE1234567FA")
    yield made
    stack.release(trust)


def applications(trust, state, renews=False):
    return [one for one in trust["startup"].get(f"{LIC}/applications?state={state}").json["items"] if bool(one["renews"]) == renews]


def trusts_part(made, done):
    """What others do: a question and its answer, the council's yes, the month's seal, the invoice and the money."""
    trust = made.trust
    first = eventually("a case of the council", lambda: applications(trust, "council_review"))[0]["id"]
    trust["eva"].post(f"{LIC}/applications/{first}/ask", {"questions": [QUESTION]})
    eventually("the answer", lambda: applications(trust, "council_review"))
    done["content"] = trust.application("startup", first)
    done["answers"] = done["content"]["answers"]
    trust.decide_case(cycle.COUNCIL, first)
    grant = eventually("a grant", lambda: trust.application("startup", first)["grant_id"])
    done["grant"] = grant
    made.delivered = {"startup": made.rows}
    usage = lambda: sum(day["units"] for day in trust["startup"].get(f"/metering/v1/grants/{grant}/usage").json["days"] if day["meter"] == "rows")
    done["usage"] = eventually("usage by day", lambda: usage() if usage() >= made.rows else None, 240)
    for step in (made.month_is_sealed, made.invoices_are_issued, made.money_comes_in):
        step()


@pytest.fixture(scope="module")
def travelled(world):
    trust, done, failed = world.trust, {}, []

    def others():
        try:
            trusts_part(world, done)
        except Exception as error:  # told to the test, not to the thread
            failed.append(error)
    given = {"base": trust.base, "email": "office@startup.example", "password": PASSWORD, "project": PROJECT, "rows": f"{world.rows:,}",
             **trust["startup"]._code()}
    beside = threading.Thread(target=others)
    beside.start()
    ran = subprocess.run(["node", "licensee.mjs"], cwd=HERE, input=json.dumps(given), capture_output=True, text=True, timeout=500)
    beside.join(timeout=120)
    assert (ran.returncode, failed) == (0, []), (ran.stderr[-4000:], failed)
    return json.loads(ran.stdout), done


def test_it_begins_where_licensees_begin(travelled):
    seen, _ = travelled
    assert seen["begins"] == "/licences" and "Clear Streets Ltd" in seen["profile"] and "Small companies" in seen["profile"]


def test_the_match_says_why(travelled):
    seen, _ = travelled
    assert "rule X1 of the terms" in seen["refusal"] and "would be refused" in seen["refusal"]
    assert "the council would decide" in seen["match"] and "rule P2 of the terms" in seen["match"] and "EUR\u00a0250.00" in seen["match"]


def test_the_draft_saves_itself(travelled):
    assert travelled[0]["saved"] == PROJECT


def test_two_tabs_and_one_draft(travelled):
    seen, done = travelled
    assert all(text in seen["both"] for text in (PROJECT, "Of another tab.", "299", "300"))
    assert (done["content"]["project"], done["content"]["duration_days"]) == (PROJECT, 299)


def test_question_and_answer(travelled):
    seen, done = travelled
    assert seen["asked"] == QUESTION and done["answers"] == [{"question": 0, "text": "Two years, then it is deleted."}]
    assert "a signatory of your organisation" in seen["turn"]


def test_what_is_shown_is_what_was_delivered_and_counted(travelled, world):
    seen, done = travelled
    assert seen["lines"] == seen["shown"] == seen["counted"] == done["usage"] == world.rows and seen["file"] == "air.csv"
    assert f"{world.rows:,}" in seen["receipt"] and f"{world.rows:,}" in seen["usage"] and seen["token"] == 3


def test_the_invoice_is_seen_paid(travelled, world):
    seen, _ = travelled
    assert seen["invoice"] == world.invoices[0]["number"] and world.invoices[0]["reference"] in seen["usage"]


def test_the_renewal_follows_the_licence(travelled, world):
    seen, done = travelled
    (renewal,) = applications(world.trust, "offered", renews=True)
    assert renewal["renews"] == done["grant"] and "the licence it follows" in seen["renewal"] and renewal["project"] == PROJECT


def test_nothing_complained_and_scripts_saw_no_token(travelled):
    seen, _ = travelled
    assert all("409" in text for text in seen["complaints"]) and len(seen["complaints"]) == 1, seen["complaints"]
    assert "ch_grant" not in seen["stored"]

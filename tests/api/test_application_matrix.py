# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every cell of the matrix of applications: state x command x role. Who is listed acts, and the next state is the listed one; a listed cell is
forbidden to everybody else; a cell that is not listed is not_allowed_here; and then nothing has changed. The cells are tried in SQL, each in a
transaction that is rolled back, on one application in each state that was brought there over HTTP."""
import json
import re

import psycopg2
import pytest

from applying import LONG, WANTED, agreed, as_owner, prepare, rewrite, settled, wait_for_state
from stack import ROOT, eventually
from trust import LIC

STEPS = re.findall(r"^CH_STEP\(application, (\w+), (\w+), (\w+), (\w+)\)$", (ROOT / "services/licensing/matrix.def").read_text(), re.M)
CELLS = {}
for state_, command_, who_, next_ in STEPS:
    CELLS.setdefault((state_, command_), (who_, []))[1].append(next_)
STATES = sorted({s for s, *_ in STEPS})
COMMANDS = sorted({c for _, c, *_ in STEPS})
#: Actor of each role. A signatory is an applicant too, so S stands for both letters.
ROLES = {"A": "ann", "S": "uni", "O": "co", "H": "lin", "C": "eva", "P": "pia", "T": "tess", "N": "firm"}
LETTERS = {"A": "A", "S": "AS", "O": "O", "H": "H", "C": "C", "P": "P", "T": "", "N": ""}


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.trust(changes=LONG)
    prepare(made)
    made.register_organisation("co", "Partner", "IE", "non_profit", "lin")
    made.ids["co"] = made.sql("SELECT person_id::text FROM licensing.person_of_organisation WHERE organisation_id = %s", made.organisations["co"])[0][0]
    made.ids["pia"] = made.ids["mo"] = made["mo"].get("/portal/v1/sign-ins/current").json["subject"]
    rewrite(made, "governance.office", "enacted", "INSERT INTO governance.office (id, body, seat, member_id, from_at, until_at) "
            f"VALUES (log.new_id(), 'appeals', '99', '{made.ids['mo']}', now() - interval '1 hour', now() + interval '1 day')")
    yield made
    stack.release(made)


def invited(trust, identifier):
    trust["uni"].post(f"{LIC}/applications/{identifier}/invite", {"person_id": trust.ids["co"]})
    return identifier


def draft(trust, **changes):
    made = trust["uni"].post(f"{LIC}/applications", {**WANTED, **changes}).json
    return invited(trust, made["id"])


def submitted(trust, identifier):
    trust["uni"].post(f"{LIC}/applications/{identifier}/submit", {})
    return settled(trust, "uni", identifier)


def refused(trust, **changes):
    found = submitted(trust, draft(trust, purpose="RES.COM", **changes))
    assert found["state"] == "refused", found
    return found["id"]


def appealed(trust, identifier):
    return trust["uni"].post(f"{LIC}/applications/{identifier}/appeal", {"text": "We are no company."}).json


def panel(trust, appeal, upheld):
    rewrite(trust, "governance.panel_case", "guard", "UPDATE governance.panel_case SET state = 'decided', closes_at = NULL, decided_at = clock_timestamp(), "
            f"upheld = {upheld} WHERE id = '{appeal}'")


def held(trust):
    """Refused, reversed by the panel, and now permitted by its match: it waits for a person."""
    identifier = draft(trust, purpose="PG.CLIMATE", region="US")
    assert submitted(trust, identifier)["reasons"] == ["core:default-deny"]
    found = appealed(trust, identifier)
    rewrite_region = f"UPDATE licensing.application SET region = 'IE' WHERE id = '{identifier}'"
    trust.unguarded(rewrite_region)
    panel(trust, found["appeal_id"], "false")
    eventually("a match behind the reversal", lambda: trust.sql(
        "SELECT licensing.screened_since_submit(%s) = 'permit' AND state = 'screening' FROM licensing.application WHERE id = %s", identifier, identifier)[0][0])
    return identifier


@pytest.fixture(scope="module")
def states(trust):
    made = {"agreed": agreed(trust)["body"]["application"]}
    made["draft"] = draft(trust)
    made["council_review"] = submitted(trust, draft(trust, restriction="Ask the council."))["id"]
    returned = submitted(trust, draft(trust, restriction="Ask the council."))["id"]
    trust["eva"].post(f"{LIC}/applications/{returned}/ask", {"questions": ["Which streets?"]})
    made["returned"] = returned
    offered = draft(trust)
    made["offered"] = submitted(trust, offered)["id"]
    made["refused"] = refused(trust)
    made["appealed"] = appealed(trust, refused(trust))["id"]
    made["screening"] = held(trust)
    withdrawn = draft(trust)
    made["withdrawn"] = trust["uni"].post(f"{LIC}/applications/{withdrawn}/withdraw", {})["id"]
    made["lapsed"] = lapsed(trust, draft(trust))
    invited_rows = "INSERT INTO licensing.co_applicant (application_id, person_id, invited_by) SELECT '{}', '{}', '{}' ON CONFLICT DO NOTHING"
    trust.sql(invited_rows.format(made["agreed"], trust.ids["co"], trust.ids["uni"]))
    assert {s: trust.sql("SELECT state FROM licensing.application WHERE id = %s", i)[0][0] for s, i in made.items()} == {s: s for s in made}
    assert sorted(made) == STATES
    return made


def lapsed(trust, identifier):
    """Ninety days old; only when its reminder has left the outbox it lapses."""
    trust.unguarded(f"UPDATE licensing.application SET changed_at = clock_timestamp() - interval '91 days' WHERE id = '{identifier}'")
    key = f"webhook:%{identifier}%"
    eventually("a reminder", lambda: trust.sql("SELECT count(*) = 1 FROM log.outbox WHERE unique_key LIKE %s", key)[0][0])
    trust.sql("SELECT licensing.tick()")
    if not trust.sql("SELECT done_at IS NOT NULL FROM log.outbox WHERE unique_key LIKE %s", key)[0][0]:
        assert trust.sql("SELECT state FROM licensing.application WHERE id = %s", identifier)[0][0] == "draft", "not before the reminder has left"
    trust.unguarded(f"UPDATE log.outbox SET done_at = clock_timestamp() WHERE unique_key LIKE '{key}'")
    wait_for_state(trust, "uni", identifier, "lapsed")
    return identifier


BODIES = {"vote": {"choice": "yes", "reason_code": "purpose", "reason_text": "Fits."}, "declare_conflict": {"reason": "I work there."},
          "ask": {"text": "Why?"}, "appeal": {"text": "Wrong."}, "submit": {"answers": [{"question": 0, "text": "All of them."}]}}


class Trial:
    """One command in a transaction that is rolled back."""

    def __init__(self, connection):
        self.connection = connection
        self.cursor = connection.cursor()

    def one(self, statement, *args):
        self.cursor.execute(statement, args)
        return self.cursor.fetchone()

    def act(self, trust, command, actor, identifier, other):
        if command == "edit":
            revision = self.one("SELECT revision FROM licensing.application WHERE id = %s", identifier)[0]
            return self.one("SELECT (a).outcome FROM licensing.edit_application(%s, %s, %s, '{\"project\": \"Another.\"}') AS a", actor, identifier, revision)[0]
        if command == "accept":
            digest = (self.one("SELECT agreement_hash FROM licensing.offer WHERE id = licensing.standing_offer(%s)", identifier) or ["0" * 64])[0]
            answer = self.one("SELECT (a).outcome, (a).body FROM licensing.load_acceptance(%s, NULL, %s, %s, true, NULL) AS a", actor, identifier, digest)
            if answer[0] != "ok":
                return answer[0]
            return self.one("SELECT (a).outcome FROM licensing.accept_offer(%s, NULL, %s, %s, true, NULL, %s, 'x.y.z') AS a", actor, identifier, digest,
                            json.dumps(answer[1]))[0]
        body = {"invite": {"person_id": trust.ids["firm"]}, "copy_from": {"application_id": other}, **BODIES}.get(command, {})
        return self.one("SELECT (a).outcome FROM licensing.command_application(%s, NULL, %s, %s, NULL, %s) AS a", actor, identifier, command, json.dumps(body))[0]

    def looks(self, identifier):
        return self.one("SELECT state, revision, (SELECT count(*) FROM licensing.application_event WHERE application_id = %s), (SELECT md5(a::text)) "
                        "FROM licensing.application AS a WHERE id = %s", identifier, identifier)

    def close(self):
        self.connection.rollback()


@pytest.fixture(scope="module")
def connection(trust):
    made = psycopg2.connect(trust.database)
    yield made
    made.close()


def expected(state, command, letters):
    who, nexts = CELLS.get((state, command), ("", []))
    if not nexts:
        return "not_allowed_here", None
    mine = [letter for letter in letters if letter in who]
    if not mine:
        return "forbidden", None
    return ("not_allowed_here" if mine == ["P"] else "acts"), nexts


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("state", STATES)
def test_every_cell(trust, states, connection, state, role):
    identifier, actor, letters = states[state], trust.ids[ROLES[role]], LETTERS[role]
    for command in COMMANDS:
        trial = Trial(connection)
        try:
            if (state, command) == ("offered", "rescind"):
                trial.cursor.execute("INSERT INTO licensing.organisation_class (organisation_id, from_at, class, verified_by, evidence) "
                                     "SELECT organisation_id, clock_timestamp(), 'company', log.new_id(), 'x' FROM licensing.application WHERE id = %s", (identifier,))
            before = trial.looks(identifier)
            outcome = trial.act(trust, command, actor, identifier, states["withdrawn"])
            after = trial.looks(identifier)
            want, nexts = expected(state, command, letters) if letters else ("not_found", None)
            where = f"{state} {command} by {role}: {outcome}, {before} -> {after}"
            if want == "acts":
                assert outcome in ("ok", "created") and after[0] in nexts and after[2] == before[2] + 1, where
                trial.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            else:
                assert outcome == want and after == before, where
        finally:
            trial.close()


def test_no_cell_was_forgotten(states):
    """The commands that no person has are those of Y alone: the clock and the match do them."""
    assert {c for (_, c), (who, _) in CELLS.items() if who == "Y"} == {"match", "lapse", "refuse", "decide", "escalate"}
    assert len(CELLS) == 32 and len(STATES) == 10


def test_rescind_needs_a_match_that_denies(trust, states):
    answer = trust["lin"].send("POST", f"{LIC}/applications/{states['offered']}/rescind", {})
    assert answer.status == 409 and answer.json["type"].endswith("/not_allowed_here")


def test_events_give_the_states(trust, states):
    """N8: replaying the events through the matrix gives every application's state."""
    steps = {(s, c, n): w for s, c, w, n in STEPS}
    for identifier, state in trust.sql("SELECT id::text, state FROM licensing.application"):
        now = None
        events = trust.sql("SELECT seq, command, role, from_state, to_state FROM licensing.application_event WHERE application_id = %s ORDER BY seq", identifier)
        for n, (seq, command, role, before, after) in enumerate(events, 1):
            assert seq == n and before == now
            assert command == "create" if now is None else role in steps[(before, command, after)]
            now = after
        assert now == state


def test_the_database_keeps_the_matrix(trust, states):
    """As the owner of the schema: no event beside the matrix, no state beside the events."""
    def attempt(statement, *args):
        return as_owner(trust, (statement, args))
    event = ("INSERT INTO licensing.application_event (application_id, seq, command, role, from_state, to_state) SELECT %s, max(seq) + 1, %s, %s, %s, %s "
             "FROM licensing.application_event WHERE application_id = %s")
    one = states["refused"]
    assert attempt(event, one, "offer", "H", "refused", "offered", one) == "23514"
    assert attempt(event, one, "appeal", "H", "refused", "appealed", one) == "23514", "not yours"
    assert attempt(event, one, "withdraw", "A", "draft", "withdrawn", one) == "23514", "not where it is"
    assert attempt("UPDATE licensing.application SET state = 'offered' WHERE id = %s", one) == "23514"
    assert attempt("UPDATE licensing.application_event SET role = 'P' WHERE application_id = %s", one) == "23514"

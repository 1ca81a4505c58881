# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every cell of the matrix of governance: state x command x role. Who is listed acts, and the next state is the listed one; everybody else, and a
cell that is not listed, is refused; and then nothing has changed. Cells are tried in transactions that are rolled back, on a sealed, a named and an
elected matter and a project in each state; states that nobody ever sees (they pass within a transaction) and ends by the clock are written by hand."""
import contextlib
import itertools
import json
import os
import re

import psycopg2
import pytest

from deciding import EUR, Matter, Quiet, is_refused
from sealing import CLASS_OF, LONG, MEMBERS, charter_changes, founder, row
from stack import ROOT, ask, session

import seal  # sealing.py says where it is  # isort: skip

STEPS = re.findall(r"^CH_STEP\((\w+), (\w+), (\w+), (\w+), (\w+)\)$", (ROOT / "services/governance/matrix.def").read_text(), re.M)
CELLS = {}
for object_, state_, command_, who_, next_ in STEPS:
    CELLS.setdefault((object_, state_, command_), []).append((who_, next_))
STATES = {kind: sorted({s for o, s, *_ in STEPS if o == kind} | {n for o, *_, n in STEPS if o == kind}) for kind in ("proposal", "project")}
COMMANDS = {kind: sorted({c for o, _, c, w, _ in STEPS if o == kind and w != "Y"}) for kind in STATES}
MOVES = {(state, following) for kind, state, _, _, following in STEPS if kind == "proposal" and state != following}

#: Letters of each person; oda is an observer, nan is suspended, None is nobody. A steward and a board member do not stand for the council.
LETTERS = {"ada": "AEM", "ugo": "EOKM", "eva": "EOKMC", "sue": "EOMS", "cleo": "EOKMP", "tess": "EOKMT", "oda": "M", "nan": "", None: ""}
#: What there is not of each kind of matter, whoever asks.
NEVER = {"sealed": {"stand", "stand_down", "nominate", "cast_named_vote"}, "named": {"stand", "stand_down", "nominate", "cast_ballot", "post_key", "reveal_key"},
         "election": {"edit", "submit", "withdraw", "sponsor", "refer", "give_opinion", "cast_named_vote"}, "project": set()}
#: States that an election passes through under the eyes of others.
OF_ELECTIONS = ["discussion", "frozen", "voting", "closed", "lapsed", "cooling", "in_force"]
#: Where a panel may annul.
ANNULLED_IN = ("closed", "tallied", "carried", "cooling")
TEXT = {"schema": "policy_text", "text": "We do as we said."}
REASON = {"choice": "yes", "reason_code": "purpose", "reason_text": "It fits."}


@pytest.fixture(scope="module")
def quiet(stack):
    times = {"sponsors_min": 3, "discussion_seconds": LONG, "voting_seconds": LONG, "cooling_seconds": LONG}
    rules = [row("policy", readings=2, council="opinion", **times), row("bylaw", secrecy="named", council="opinion", **times),
             row("council_election", method="scottish-stv", proposers=["clock"], board_mode="unlinked", **{**times, "sponsors_min": 1}),
             row("budget_round", method="knapsack", proposers=["treasurer"], **{**times, "sponsors_min": 0})]
    founders = [*charter_changes()["founders"], founder("oda", "U"), founder("nan", "U")]
    made = Quiet(stack, rules, founders)
    made.rewrite("member", "append_only", "observer = true WHERE ref = 'oda'")
    made.one("SELECT governance.write_standing(%s, 'suspended', NULL, 'a test')", made.ids["nan"])
    yield made
    made.close()


# ---- a matter in each state ----

def forced(matter, *states):
    """A state that no one ever sees: written past the guard."""
    for state in states:
        matter.quiet.rewrite("proposal", "guard", f"state = '{state}' WHERE id = '{matter.id}'")
    return matter


def voted(matter, choice="yes"):
    """From frozen to what its votes come to."""
    matter.advance()
    if matter.kind == "named":
        for name in CLASS_OF:
            matter.act(name, "cast_named_vote", {"choice": choice})
        return matter.later().tally()
    matter.open()
    result, chosen = None, {"c": choice}
    if matter.kind == "election":
        result = {"method": "scottish-stv", "winners": [1, 2, 3, 4, 5], "valid": 17}
        chosen = {"r": [1]}
    records = [matter.seal(name, chosen) for name in CLASS_OF]
    for name, record in zip(CLASS_OF, records):
        assert matter.cast(name, record) == "cast"
    matter.later().reveal("W", "C")
    if matter.kind == "election":
        merged = [{"class": code, "choice": seal.pad(chosen, matter.size).decode(), "count": len(names)} for code, names in MEMBERS.items()]
        matter.quiet.done("store_merged", matter.id, 1, merged, [], "0" * 64, [])
    else:
        matter.quiet.done("store_opened", matter.id, matter.reading, matter.unseal(records), [])
    return matter.tally(result)


def opinion(matter):
    for name in ("gil", "hal", "ida", "eva", "fay"):
        matter.act(name, "give_opinion", REASON)
    return matter


def referred(matter):
    matter.act("gil", "refer_proposal", REASON)
    case = matter.quiet.one("SELECT id::text FROM governance.council_case WHERE subject = %s AND kind = 'referral'", matter.id)
    for name in ("hal", "ida", "eva", "fay"):
        matter.quiet.done("vote_council_case", matter.quiet.ids[name], case, REASON)
    return matter


def withdrawn(matter):
    matter.act("ada", "withdraw_proposal")
    return matter


def opened(matter):
    matter.advance()
    return matter if matter.kind == "named" else matter.open()


#: How each state is reached from another one.
WAYS = {"submitted": ("draft", lambda m: m.submit()), "admitted": ("submitted", lambda m: forced(m, "admitted")), "withdrawn": ("submitted", withdrawn),
        "not_admitted": ("submitted", lambda m: m.later()), "discussion": ("draft", lambda m: m.submit("ugo", "ben")), "referred": ("discussion", referred),
        "frozen": ("discussion", lambda m: opinion(m).later()), "voting": ("frozen", opened), "closed": ("voting", lambda m: m.later()),
        "tallied": ("closed", lambda m: forced(m, "tallied")), "carried": ("closed", lambda m: forced(m, "tallied", "carried")),
        "lapsed": ("closed", lambda m: m.later() if m.kind != "named" else forced(m, "lapsed")), "rejected": ("frozen", lambda m: voted(m, "no")),
        "cooling": ("frozen", voted), "annulled": ("cooling", lambda m: forced(m, "annulled")), "second_reading": ("cooling", lambda m: m.later()),
        "in_force": ("cooling", lambda m: voted(m.later()).later() if m.kind == "sealed" else forced(m, "in_force")),
        "superseded": ("in_force", lambda m: forced(m, "superseded")), "expired": ("in_force", lambda m: forced(m, "expired"))}
NAMED_STATES = [state for state in STATES["proposal"] if state != "second_reading"]


def bring(quiet, kind, state):
    if kind == "election" and state == "discussion":
        made = Matter(quiet, election=("council_election", "council_election:all", json.dumps({
            "schema": "seats", "body": "council", "class": None, "seats": 5, "until": "2099-01-01T00:00:00Z"})))
    elif state == "draft":
        made = Matter(quiet, "policy" if kind == "sealed" else "bylaw", TEXT if kind == "sealed" else {
            "schema": "bylaw_text", "clause": "9", "title": "Quiet", "text": "Nobody shouts.", "entrenched": False})
    elif (kind, state) == ("election", "frozen"):
        made = bring(quiet, kind, "discussion")
        for name in ("ugo", "cleo", "tess", "mo", "lin", "fay"):
            made.act(name, "stand_for_election", {})
            made.act("ben", "nominate_candidate", {"member_id": quiet.ids[name]})
        made.later()
    else:
        before, way = WAYS[state]
        made = way(bring(quiet, kind, before))
    made.kind = kind
    assert made.state == state, (kind, state, made.row("state, held"))
    return made


class Project:
    """A project in a state; those of a round are written by hand."""
    kind = "project"

    def __init__(self, quiet, state):
        self.quiet, self.keys = quiet, {}
        self.id = quiet.done("create_project", quiet.ids["ada"], None, {"title": "A bench", "text": "To sit on.", "draft": state == "draft"})["id"]
        if state in ("draft", "proposed"):
            return
        quiet.done("cost_project", quiet.ids["tess"], self.id, COST)
        for event in {"costed": [], "on_ballot": ["on_ballot"]}.get(state, ["on_ballot", state]):
            quiet.one("SELECT governance.write_project_event(%s, %s, NULL, NULL, (SELECT id FROM governance.proposal WHERE state = 'in_force' LIMIT 1))", self.id, event)


COST = {"cost": {"minor": 500, "currency": EUR}}


# ---- one command in a transaction that is rolled back ----

LOOKS = {
    "proposal": "SELECT state, md5(p::text || (SELECT string_agg(x.n::text, ' ') FROM (" + " UNION ALL ".join(
        f"SELECT count(*) AS n FROM governance.{table} WHERE proposal_id = p.id" for table in ("proposal_event", "proposal_version", "sponsor", "comment", "candidacy", "named_vote")) +
        " UNION ALL SELECT count(*) FROM governance.roll WHERE proposal_id = p.id AND voted UNION ALL SELECT count(*) FROM governance.ballot_box WHERE box LIKE p.id || '/%%' "
        "UNION ALL SELECT count(public_key) + count(private_key) FROM governance.steward_key WHERE proposal_id = p.id UNION ALL SELECT count(v.choice) FROM governance.council_case AS c "
        "JOIN governance.council_vote AS v ON v.case_id = c.id WHERE c.subject = p.id UNION ALL SELECT count(*) FROM governance.panel_vote) AS x)) FROM governance.proposal AS p WHERE id = %s",
    "project": "SELECT state, md5(j::text || (SELECT count(*) FROM governance.project_event WHERE project_id = j.id)) FROM governance.project_now AS j WHERE id = %s"}

FUNCTIONS = {"edit": "edit_proposal", "submit": "submit_proposal", "withdraw": "withdraw_proposal", "sponsor": "sponsor_proposal", "comment": "comment_proposal",
             "refer": "refer_proposal", "give_opinion": "give_opinion", "stand": "stand_for_election", "stand_down": "stand_down", "nominate": "nominate_candidate",
             "post_key": "post_steward_key", "reveal_key": "reveal_steward_key", "cast_ballot": "cast_ballot", "cast_named_vote": "cast_named_vote",
             "annul": "annul_proposal"}


class Trial:
    def __init__(self, matter, connection):
        self.matter, self.quiet, self.cursor = matter, matter.quiet, connection.cursor()
        self.object = "project" if matter.kind == "project" else "proposal"

    def looks(self):
        self.cursor.execute(LOOKS[self.object], (self.matter.id,))
        return self.cursor.fetchone()

    def arguments(self, command, name):
        """Those behind actor and proposal."""
        if command in ("post_key", "reveal_key"):
            key = self.matter.keys.get("U") if command == "reveal_key" else None
            key = key or os.urandom(32)
            public = seal.point(seal.private(key)).hex()
            return [public] if command == "post_key" else [key.hex(), public]
        if command == "cast_ballot":
            points = getattr(self.matter, "stewards", None) or [seal.point(seal.private(bytes([n] * 32))) for n in (1, 2, 3)]
            record = seal.seal(self.matter.box, CLASS_OF.get(name, "U"), points, {"r": [1]} if self.matter.kind == "election" else {"c": "yes"},
                               getattr(self.matter, "size", 32))
            return [record, seal.tracker(record)]
        bodies = {"comment": {"text": "Well."}, "refer": REASON, "give_opinion": {**REASON, "reason_text": "It fits well."}, "stand": {}, "cast_named_vote": {"choice": "no"},
                  "nominate": {"member_id": self.quiet.ids["ugo" if name == "cleo" else "cleo"]}, "annul": {"reason_text": "They were late."}, "cost": COST}
        return [json.dumps(bodies[command])] if command in bodies else []

    def act(self, command, name):
        """(refused, outcome) of one command by one person."""
        actor, arguments = self.quiet.ids.get(name), self.arguments(command, name)
        function, first = (f"{command}_project", [actor]) if self.object == "project" else (FUNCTIONS[command], [actor])
        if command == "edit":
            first, arguments = [actor, self.matter.row("version")[0]], [json.dumps({"type": self.matter.row("type")[0], "title": "Another", "text": "Text.",
                                                                                   "effect": self.matter.effect})]
        if command == "comment":
            first = [actor, None]
        outcome, body = self.quiet.call(function, *first, self.matter.id, *arguments, on=self.cursor.connection)
        return is_refused(body), outcome

    def appeal(self):
        """A panel sits over the vote, and one of it wants it annulled."""
        self.cursor.execute("SET LOCAL session_replication_role = replica")
        self.cursor.execute("INSERT INTO governance.panel_case (id, kind, subject, body, state, round, opened_at, closes_at) SELECT log.new_id(), 'vote', %s, '{}', 'panel', 1, "
                            "now(), now() + interval '1 hour' RETURNING id", (self.matter.id,))
        case = self.cursor.fetchone()[0]
        for code, name in (("C", "cleo"), ("W", "lin")):
            self.cursor.execute("INSERT INTO governance.panel_seat VALUES (%s, 1, %s, 1, log.new_id(), %s, now())", (case, code, self.quiet.ids[name]))
        self.cursor.execute("INSERT INTO governance.panel_vote VALUES (%s, 1, 'W', 1, 'reverse', 'They were late.', now())", (case,))
        self.cursor.execute("SET LOCAL session_replication_role = origin")


def try_cells(matter, state, connection):
    kind = "project" if matter.kind == "project" else "proposal"
    for command in COMMANDS[kind]:
        steps = [] if command in NEVER[matter.kind] else CELLS.get((kind, state, command), [])
        for name, letters in LETTERS.items():
            if matter.kind == "election":
                letters = letters.replace("A", "")
            trial = Trial(matter, connection)
            if command == "annul" and state in ANNULLED_IN:
                trial.appeal()
            before = trial.looks()
            refused, outcome = trial.act(command, name)
            after = trial.looks()
            nexts = [following for who, following in steps if set(who) & set(letters)]
            where = f"{matter.kind} in {state}, {command} by {name}: {outcome}, {before} -> {after}"
            assert (not refused and after[0] in nexts) if nexts else (refused and after == before), where
            connection.rollback()


@pytest.fixture(scope="module")
def connection(quiet):
    with contextlib.closing(psycopg2.connect(quiet.trust.database)) as made:
        yield made


@pytest.mark.parametrize("kind, state", [*(("sealed", state) for state in STATES["proposal"]), *(("named", state) for state in NAMED_STATES),
                                         *(("election", state) for state in OF_ELECTIONS)])
def test_every_cell(quiet, connection, kind, state):
    try_cells(bring(quiet, kind, state), state, connection)


@pytest.mark.parametrize("state", STATES["project"])
def test_every_cell_of_projects(quiet, connection, state):
    bring(quiet, "named", "in_force")
    try_cells(Project(quiet, state), state, connection)


def test_the_database_keeps_the_moves(quiet):
    """The moves of the matrix are those of the table that the guard asks, and the guard refuses every other one to the owner too."""
    assert set(quiet.rows("SELECT from_state, to_state FROM governance.state_move")) == MOVES
    matter = bring(quiet, "named", "draft")
    with contextlib.closing(session(quiet.trust.database)) as owner:
        ask(owner, "SET ROLE ch_governance_owner")
        for state, following in itertools.permutations(STATES["proposal"], 2):
            if matter.state != state:
                forced(matter, state)
            if (state, following) not in MOVES:
                with pytest.raises(psycopg2.errors.CheckViolation):
                    ask(owner, "UPDATE governance.proposal SET state = %s, state_at = clock_timestamp() WHERE id = %s", (following, matter.id))

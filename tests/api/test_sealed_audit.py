# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor recounts a benefit rule that was voted in secret: silent of what is right, and telling of each change to ballots, keys, choices and roll."""
import json
import subprocess

import psycopg2
import pytest

from sealing import Vote, row, secret_trust
from stack import BIN, lifted
from trust import benefit_rule

SAID = {"ada": "yes", "gil": "yes", "hal": "no", "ben": "yes", "tess": "yes", "lin": "abstain", "cem": "yes", "eva": "yes", "fay": b'{"c":"perhaps"}'.ljust(32)}


@pytest.fixture(scope="module", params=["linked", "unlinked"])
def voted(request, stack):
    trust = secret_trust(stack, rules=[row("benefit_rule", board_mode=request.param)])
    vote = Vote(trust, "benefit_rule", {"schema": "benefit_rule", "document": benefit_rule()}).open()
    for name, choice in SAID.items():
        vote.cast(name, choice)
    vote.close().state("in_force")
    vote.mode = request.param
    yield vote
    stack.release(trust)


def test_silent_of_what_is_right(voted):
    done = subprocess.run([BIN / "commonhold-audit", "--full", "--checks", "A2", "--report", "json", "--source", voted.trust.database.replace("user=commonhold", "user=ch_audit")],
                          capture_output=True, text=True, timeout=120, check=False)
    assert {finding["aspect"] for finding in json.loads(done.stdout)["findings"]} == {"voting"}, "only that Vote.end() moved the clock: " + done.stdout


BALLOT = "(SELECT record_sha256 FROM governance.opened_choice WHERE box = '{box}' ORDER BY record_sha256 LIMIT 1)"
NO = "rpad('{{\"c\":\"no\"}}', 32)"

#: mode (None: both), what somebody with the server's files does, aspects that are told besides those of `also`
CHANGES = [
    ("linked", "UPDATE governance.opened_choice SET choice = CASE WHEN choice LIKE '%no%' THEN rpad('{{\"c\":\"yes\"}}', 32) ELSE " + NO + " END WHERE record_sha256 = " + BALLOT,
     {"counts of reading 1", "ballot in reading 1"}),
    ("linked", "UPDATE governance.opened_choice SET key = sha256(key) WHERE record_sha256 = " + BALLOT, {"ballot in reading 1", "lot seed of reading 1"}),
    ("linked", "DELETE FROM governance.opened_choice WHERE record_sha256 = " + BALLOT,
     {"counts of reading 1", "ballots opened in reading 1", "lot seed of reading 1"}),
    ("unlinked", "UPDATE governance.opened_merged SET choice = " + NO + " WHERE class = 'W' AND choice LIKE '%abstain%'", {"counts of reading 1"}),
    ("unlinked", "UPDATE governance.opened_merged SET count = count + 1 WHERE class = 'C'", {"counts of reading 1", "ballots opened in reading 1"}),
    (None, "DELETE FROM governance.spoiled_ballot", {"ballots opened in reading 1"}),
    (None, "UPDATE governance.roll SET voted = true WHERE class = 'U' AND NOT voted", {"ballots of class U in reading 1"}),
    (None, "UPDATE governance.ballot AS b SET record = n.record, record_sha256 = sha256(n.record) FROM (SELECT s.record_sha256, convert_to(replace("
     "convert_from(b.record, 'UTF8'), '\"class\":\"C\"', '\"class\":\"W\"'), 'UTF8') AS record FROM governance.spoiled_ballot AS s JOIN governance.ballot AS b "
     "USING (box, record_sha256)) AS n WHERE b.record_sha256 = n.record_sha256",
     {"ballots of class C in reading 1", "ballots of class W in reading 1", "ballots in the log of reading 1"}),
    (None, "UPDATE governance.tally SET counts = jsonb_set(counts, '{{W,no}}', '1')", {"counts of reading 1", "tally's hash of reading 1"}),
    (None, "UPDATE governance.ballot_log SET sha256 = repeat('0', 64)", {"ballots in the log of reading 1"}),
]


def told_of(voted, change):
    """Aspects that the recount tells after the change, which is taken back."""
    connection = psycopg2.connect(voted.trust.database)
    try:
        with connection.cursor() as cursor:
            with lifted(cursor):
                for table in ("ballot", "opened_choice", "opened_merged", "spoiled_ballot", "roll", "tally", "ballot_log"):
                    cursor.execute(f"ALTER TABLE governance.{table} DISABLE TRIGGER ALL")
            cursor.execute(change.format(box=voted.id + "/1"))
            assert cursor.rowcount >= 1, change
            cursor.execute("SELECT aspect FROM audit.check_count(%s)", (voted.id,))
            return {" ".join(word for word in aspect.split() if len(word) != 64) for aspect, in cursor.fetchall()}
    finally:
        connection.rollback()
        connection.close()


def test_every_change_is_told(voted):
    for mode, change, told in CHANGES:
        if mode in (None, voted.mode):
            assert told_of(voted, change) - {"decision of reading 1", "what followed of reading 1"} == told, change

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may be done under the asset lock: a succession with two readings passes an asset on, an entrenched vote changes what protects the lock, and
nothing less does."""
import json
import subprocess

import pytest

from locking import CHARTER, earlier, locked, put_forward, read, rule_row, second_reading, succession
from stack import BIN, DEADLINE, RunningTrust, eventually, query, run
from trust import GOV


@pytest.fixture(scope="module")
def trust(stack):
    made = locked(stack)
    yield made
    stack.release(made)


def asset(trust, ref):
    return next(item for item in trust.public.get(f"{GOV}/assets").json["items"] if item["ref"] == ref)


def refused(answer, slug, pointer=None):
    assert answer.json["type"].endswith("/" + slug), answer.raw[:300]
    assert pointer is None or pointer in [e["pointer"] for e in answer["errors"]], answer.raw[:300]


def test_a_succession_passes_an_asset_on(trust):
    proposal = put_forward(trust, "succession", succession())
    read(trust, proposal, 1)
    assert trust.proposal(proposal)["reading"] == 1 and asset(trust, "pool-air")["disposition"] == "licensed_only"
    trust.unguarded(*earlier(proposal))
    read(trust, proposal, 2)
    assert asset(trust, "pool-air")["successor"] is None, "the cooling of the second reading is not over"
    trust.unguarded(*earlier(proposal))
    found = trust.wait_state(proposal, ["in_force"])
    assert [event["to"] for event in found["events"]].count("voting") == 2
    passed = asset(trust, "pool-air")
    assert passed["disposition"] == "succeeded" and passed["successor"]["name"] == "Bay Air Trust"
    assert [h["disposition"] for h in passed["history"]] == ["licensed_only", "succeeded"] and passed["history"][1]["origin"] == proposal
    leaves = trust.sql("SELECT payload -> 'body' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = 'asset' AND payload ->> 'id' = %s ORDER BY id", passed["id"])
    assert leaves[-1][0] == {"ref": "pool-air", "kind": "pool", "disposition": "succeeded", "version": 2, "proposal": proposal}
    rolls = trust.sql("SELECT count(*), count(DISTINCT taken_at) FROM governance.roll_head WHERE proposal_id = %s", proposal)
    assert rolls == [(2, 2)]


def test_it_is_final(trust):
    """Behind the succession above: nothing is proposed about the asset any more."""
    draft = trust["ada"].post(f"{GOV}/proposals", {"type": "policy", "title": "Back", "text": "Please.", "effect": {
        "schema": "asset_register", "ref": "pool-air", "kind": "pool", "title": "Street-level air readings", "provenance": "given by members", "sha256": None,
        "disposition": "held"}}).json["id"]
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{draft}/submit"), "invalid", "/effect/ref")


@pytest.mark.parametrize("successor, pointer", [
    ({"asset_locked": False}, "asset_locked"), ({"non_profit": False}, "non_profit"), ({"country": "ie"}, "country"), ({"name": ""}, "name"),
    ({"asset_locked": "true"}, "asset_locked"), ({"owner": "me"}, "owner")])
def test_successors_that_are_none(trust, successor, pointer):
    answer = trust["ada"].send("POST", f"{GOV}/proposals", {"type": "succession", "title": "The name", "text": "As it says.", "effect": succession("name-harbour", **successor)})
    refused(answer, "invalid", f"/effect/successor/{pointer}")


def test_a_succession_needs_the_board_first(trust):
    draft = trust["ada"].post(f"{GOV}/proposals", {"type": "succession", "title": "The name", "text": "As it says.", "effect": succession("name-harbour")}).json["id"]
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{draft}/submit"), "invalid", "/type")
    unknown = trust["ada"].post(f"{GOV}/proposals", {"type": "succession", "title": "The name", "text": "As it says.", "effect": succession("nothing")}).json["id"]
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{unknown}/submit"), "invalid", "/effect/ref")
    other = trust["ada"].post(f"{GOV}/proposals", {"type": "policy", "title": "The name", "text": "As it says.", "effect": succession("name-harbour")}).json["id"]
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{other}/submit"), "invalid", "/effect/schema")


def test_a_class_that_says_no_in_the_second_reading(trust):
    """The first reading carried; the neighbours, who are a third of those who vote, change their minds."""
    proposal = put_forward(trust, "succession", succession("name-harbour"))
    read(trust, proposal, 1)
    trust.unguarded(*earlier(proposal))
    read(trust, proposal, 2, {"ada": "yes", "gil": "yes", "hal": "yes", "ben": "yes", "tess": "yes", "lin": "yes", "mo": "yes", "cem": "no", "eva": "no", "fay": "no"})
    found = trust.wait_state(proposal, ["rejected"])
    assert found["state"] == "rejected" and asset(trust, "name-harbour")["disposition"] == "held"


def test_an_entrenched_vote_changes_what_protects_the_lock(trust):
    """A rule row and a clause, both by two readings; then a rule row under the floor, which is no draft at all."""
    proposal = put_forward(trust, "entrenched", {"schema": "rule_row", "rule": rule_row("succession", s_num=3, s_den=4)})
    second_reading(trust, proposal)
    trust.unguarded(*earlier(proposal))
    trust.wait_state(proposal, ["in_force"])
    rows = trust.public.get(f"{GOV}/rules?type=succession").json["items"]
    assert sorted(row["rule"]["s_num"] for row in rows) == [2, 3]
    low = trust["ada"].send("POST", f"{GOV}/proposals", {"type": "entrenched", "title": "The name", "text": "As it says.", "effect": {
        "schema": "rule_row", "rule": rule_row("succession", s_num=1, s_den=2)}})
    refused(low, "invalid", "/effect/rule/s_num")
    unlinked = trust["ada"].send("POST", f"{GOV}/proposals", {"type": "entrenched", "title": "The name", "text": "As it says.", "effect": {
        "schema": "rule_row", "rule": rule_row("succession", board_mode="unlinked")}})
    refused(unlinked, "invalid", "/effect/rule/board_mode")


class PlainTrust(RunningTrust):
    """Migrated and founded by somebody who owns the database and may make roles, and no more."""

    def _found(self):
        charter = self.stack.folder / f"{self.name}.charter.json"
        charter.write_text(json.dumps(self.charter))
        owner = self.database.replace("user=commonhold", "user=plain_owner") + " password=plain"
        self.said = []
        for command in (("migrate",), ("found", charter)):
            done = subprocess.run([str(part) for part in (BIN / "commonhold", *command, "--config", self.config, "--database", owner)], capture_output=True,
                                  text=True, timeout=DEADLINE * 3, check=True)
            self.said.append(done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_a_house_without_a_superuser_is_told(stack):
    """It works; migrate, found, /readyz and the register say that its event triggers are missing. A superuser's migrate brings them."""
    query(stack.admin, "CREATE ROLE plain_owner LOGIN CREATEROLE PASSWORD 'plain'")
    query(stack.admin, "CREATE DATABASE plain_house OWNER plain_owner")
    trust = PlainTrust(stack, "plain_house", CHARTER, {})
    stack.trusts.append(trust)
    missing = ["commonhold_boxes", "commonhold_ddl", "commonhold_drop"]
    try:
        assert all(", ".join(missing) in said for said in trust.said), trust.said
        trust.start()
        warnings = eventually("the warning", lambda: trust.public.get("/readyz").json.get("warnings"))
        assert len(warnings) == 1 and ", ".join(missing) in warnings[0]
        assert trust.public.get(f"{GOV}/assets").json["missing_guards"] == missing
        run(BIN / "commonhold", "migrate", "--config", trust.config, "--database", trust.database)
        assert trust.public.get(f"{GOV}/assets").json["missing_guards"] == []
    finally:
        stack.release(trust)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The 48 attacks on the asset lock, in the standard's order (governance, section 12), each with the SQLSTATE it ends with: by every service, by the owner
of the schema, by a superuser, and by one who plays a replica, where the attack is not somebody's own. On a running trust's database and on a restored
dump of it. What is tried leaves no trace: the transactions are rolled back, and at the end the register is as it was.

The world of the attacks: a succession of pool-air that carried twice and cools for the second time (S), one that carried once and cools for the first
time (O). Where an attack needs the clock to have passed, or rows that no vote made, a superuser makes them first (`before`), as somebody might who has
already got that far: the guards must hold behind that too."""
import io
import subprocess

import psycopg2
import pytest

from locking import earlier, locked, put_forward, read, second_reading, succession
from stack import BIN, copy_database, lifted, query

LOGINS = ["ch_governance", "ch_licensing", "ch_metering", "ch_payout", "ch_log", "ch_portal", "ch_worker", "ch_audit"]
OWNER, SUPERUSER, REPLICA = "ch_governance_owner", "superuser", "replica"
ROLES = [*LOGINS, OWNER, SUPERUSER, REPLICA]
#: A service has no right to begin with.
NO_RIGHT, HELD, BROKEN, FINE = "42501", "23001", "23514", "00000"


def put(column, value):
    return [f"UPDATE governance.asset SET {column} = {value}"]


ENACT = "SELECT governance.move_proposal('{S}', 'in_force', NULL, NULL)"
SUCCEED = ["INSERT INTO governance.successor (id, name, country, registration, asset_locked, non_profit, proposal_id, at) VALUES ('{S}', 'Bay Air Trust', 'IE', "
           "'RCN 20201234', {locked}, {non_profit}, '{S}', now())",
           "UPDATE governance.asset SET disposition = 'succeeded', successor_id = '{S}', proposal_id = '{S}' WHERE ref = '{ref}'"]
#: A sealed box of O's first reading that is being opened, with one ballot, that of a yes under the key 00..1f.
BOX = ["UPDATE governance.proposal SET state = 'closed' WHERE id = '{O}'", "UPDATE governance.roll_head SET sealed = true WHERE proposal_id = '{O}'",
       "INSERT INTO governance.ballot (box, record_sha256, record) SELECT '{O}/1', sha256(r), r FROM (SELECT convert_to(json_build_object('class', 'U', 'commit', "
       "translate(encode(sha256(convert_to('commonhold-choice/1', 'UTF8') || decode('{key}', 'hex') || convert_to('{choice}', 'UTF8')), 'base64'), '+/=', '-_'))::text, 'UTF8') "
       "AS r) AS x"]
OPEN = "INSERT INTO governance.opened_choice (box, record_sha256, key, choice) SELECT box, record_sha256, decode('{tried}', 'hex'), '{choice}' FROM governance.ballot WHERE box = '{O}/1'"
NAMES = {"key": bytes(range(32)).hex(), "choice": '{"c":"yes"}'.ljust(32), "tried": bytes(range(32)).hex(), "ref": "pool-air", "locked": "true", "non_profit": "true"}


def succeed(**names):
    return [ENACT, *(statement.format_map(Rest({**NAMES, **names})) for statement in SUCCEED)]


class Rest(dict):
    """Names that are not given stay as they are."""

    def __missing__(self, name):
        return "{" + name + "}"


def attack(number, name, statements, state, services=NO_RIGHT, roles=None, before=(), data=None):
    return pytest.param({"statements": statements, "state": state, "services": services, "roles": roles or ROLES, "before": before, "data": data},
                        id=f"{number:02} {name}")


OFFICE = ("INSERT INTO governance.office (id, body, seat, class, member_id, from_at, until_at) SELECT log.new_id(), 'board', 'U3', 'U', member_id, now(), "
          "now() + interval '1 day' FROM governance.member WHERE ref = 'tess'")
TEMPORARY = "CREATE TEMPORARY VIEW v AS SELECT 'pool-air'::text AS ref, 'held'::text AS disposition"
REWRITE = "CREATE RULE r AS ON UPDATE TO v DO INSTEAD UPDATE governance.asset SET disposition = 'held'"
CLOCK = ("clock",)
#: What only the owner of a table, or of all, may even try.
OWNERS = [OWNER, SUPERUSER, REPLICA]

ATTACKS = [
    attack(1, "disposition set to sold", put("disposition", "'sold'"), BROKEN), attack(2, "pledged", put("disposition", "'pledged'"), BROKEN),
    attack(3, "null", put("disposition", "NULL"), HELD), attack(4, "empty", put("disposition", "''"), BROKEN),
    attack(5, "id changed", put("id", "gen_random_uuid()"), HELD), attack(6, "kind changed", put("kind", "'other'"), HELD),
    attack(7, "checksum changed", put("sha256", "repeat('a', 64)"), HELD),
    attack(8, "DELETE", ["DELETE FROM governance.asset"], HELD), attack(9, "TRUNCATE", ["TRUNCATE governance.asset, governance.asset_event"], HELD),
    attack(10, "TRUNCATE CASCADE", ["TRUNCATE governance.proposal CASCADE"], HELD),
    attack(11, "COPY", ["COPY governance.asset (id, ref, kind, title, provenance, disposition, registered_at) FROM STDIN"], HELD,
           data="00000000-0000-7000-8000-000000000000\tmine\tother\tMine\tfound\theld\t2026-01-01\n"),
    attack(12, "MERGE", ["MERGE INTO governance.asset AS a USING (SELECT 'pool-air' AS ref) AS s ON a.ref = s.ref WHEN MATCHED THEN UPDATE SET disposition = 'held'"], HELD),
    attack(13, "upsert", ["INSERT INTO governance.asset SELECT (a).* FROM governance.asset AS a ON CONFLICT (id) DO UPDATE SET disposition = 'held'"], HELD),
    attack(14, "update through a view", ["UPDATE governance.asset_in_force SET kind = 'other'"], HELD),
    attack(15, "cascade from a parent", ["DELETE FROM governance.proposal"], HELD),
    attack(16, "rewrite rule", [TEMPORARY, REWRITE, "UPDATE v SET disposition = 'held'"], HELD, roles=[*LOGINS, OWNER, SUPERUSER]),
    attack(17, "state set without ballots", ["UPDATE governance.proposal SET state = 'carried', state_at = now() WHERE id = '{O}'"], BROKEN, before=[
        "DELETE FROM governance.named_vote WHERE proposal_id = '{O}'", "UPDATE governance.roll SET voted = false WHERE proposal_id = '{O}'",
        "UPDATE governance.proposal SET state = 'tallied' WHERE id = '{O}'"]),
    attack(18, "resolution for another asset", succeed(ref="name-harbour"), HELD, before=CLOCK),
    attack(19, "service inserts ballots", ["INSERT INTO governance.ballot (box, record_sha256, record) VALUES ('{O}/1', sha256('x'), 'x')"], BROKEN),
    attack(20, "opened choice with wrong key", [OPEN.replace("{tried}", "00" * 32)], BROKEN, before=BOX),
    attack(21, "roll shrunk", ["DELETE FROM governance.roll WHERE proposal_id = '{S}'"], HELD),
    attack(22, "roll grown", ["INSERT INTO governance.roll (proposal_id, reading, member_id, class) SELECT '{S}', 2, gen_random_uuid(), 'U'"], BROKEN),
    attack(23, "rule under the floor", succeed(), HELD, before=["UPDATE governance.proposal SET rule = jsonb_set(rule, '{{s_den}}', '4') WHERE id = '{S}'", "clock"]),
    attack(24, "one reading only", ["SELECT governance.move_proposal('{O}', 'in_force', NULL, NULL)"], BROKEN, before=["clock of O"]),
    attack(25, "cooling not over", succeed(), BROKEN),
    attack(26, "successor unlocked", succeed(locked="false"), BROKEN, before=CLOCK), attack(27, "successor for profit", succeed(non_profit="false"), BROKEN, before=CLOCK),
    attack(28, "office row without proposal", [OFFICE], BROKEN),
    attack(29, "record opened twice", [OPEN, OPEN], "23505", before=BOX),
    attack(30, "SET ROLE", ["SET ROLE ch_governance_owner"], NO_RIGHT, roles=LOGINS),
    attack(31, "replica mode", ["SET session_replication_role = replica", *put("disposition", "'held'")], HELD, roles=[*LOGINS, SUPERUSER]),
    attack(32, "deferred constraints", ["SET CONSTRAINTS ALL DEFERRED", *put("disposition", "'succeeded'")], HELD),
    attack(33, "savepoint around the guard", ["DO $$ BEGIN BEGIN UPDATE governance.asset SET disposition = 'succeeded'; EXCEPTION WHEN restrict_violation THEN NULL; END; "
                                              "UPDATE governance.asset SET disposition = 'succeeded'; END $$"], HELD),
    attack(34, "prepared transaction", [*put("disposition", "'succeeded'"), "PREPARE TRANSACTION 'later'"], HELD),
    attack(35, "search-path hijack", ["CREATE FUNCTION pg_temp.judge_lock(uuid, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'", "CREATE TEMPORARY TABLE proposal (id uuid)",
                                      "SET search_path = pg_temp, governance, pg_catalog", "UPDATE governance.asset SET disposition = 'succeeded'"], HELD),
    attack(36, "operator or cast in pg_temp", ["CREATE FUNCTION pg_temp.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
                                               "CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.same)",
                                               "SET search_path = pg_temp, pg_catalog", "UPDATE governance.asset SET disposition = 'succeeded'"], HELD),
    attack(37, "injection through a definer function", ["SELECT governance.list_offices(E'x''; UPDATE governance.asset SET disposition = ''held''; --')",
                                                        "SELECT governance.list_proposals(NULL, E'x'')); UPDATE governance.asset SET disposition = ''held''; --', NULL, NULL, 1)"],
           FINE, services=FINE, roles=["ch_governance", OWNER]),
    attack(38, "disable trigger", ["ALTER TABLE governance.asset DISABLE TRIGGER guard"], NO_RIGHT), attack(39, "drop trigger", ["DROP TRIGGER guard ON governance.asset"], NO_RIGHT),
    attack(40, "drop table", ["DROP TABLE governance.asset CASCADE"], NO_RIGHT), attack(41, "rename", ["ALTER TABLE governance.asset RENAME TO sold"], NO_RIGHT),
    attack(42, "ALTER OWNER", ["ALTER TABLE governance.asset OWNER TO ch_payout_owner"], NO_RIGHT),
    attack(43, "detach partition", ["ALTER TABLE governance.ballot_box DETACH PARTITION governance.{box}"], NO_RIGHT, before=["SELECT governance.make_box('{O}', 1)"]),
    attack(44, "extend the domain", ["ALTER DOMAIN governance.asset_disposition DROP CONSTRAINT asset_disposition_check"], NO_RIGHT),
    attack(45, "replace the guard", ["CREATE OR REPLACE FUNCTION governance.guard_asset() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"], NO_RIGHT),
    attack(46, "create rule", ["CREATE RULE r AS ON UPDATE TO governance.asset DO INSTEAD NOTHING"], NO_RIGHT),
    attack(47, "GRANT to a service", ["GRANT UPDATE ON governance.asset TO ch_governance"], NO_RIGHT),
]
#: Attacks beside those of the standard, each on something that one of the guards would otherwise not look at.
BESIDES = [
    attack(49, "a move dated back", ["UPDATE governance.proposal SET state_at = now() - interval '1 day' WHERE id = '{S}'"], HELD),
    attack(50, "a reading skipped", ["UPDATE governance.proposal SET reading = 2 WHERE id = '{O}'"], HELD),
    attack(51, "a tally dated back", ["INSERT INTO governance.tally (proposal_id, reading, counts, outcome, sha256, at) SELECT proposal_id, 2, counts, outcome, sha256, "
                                      "now() - interval '1 day' FROM governance.tally WHERE proposal_id = '{O}'"], BROKEN),
    attack(52, "a history that the register does not tell", ["INSERT INTO governance.asset_event (asset_id, seq, disposition, at) SELECT id, 9, 'held', now() FROM governance.asset "
                                                             "WHERE ref = 'pool-air'"], BROKEN),
    attack(53, "moved out of the schema", ["ALTER TABLE governance.asset SET SCHEMA public"], NO_RIGHT),
    attack(54, "the schema renamed", ["ALTER SCHEMA governance RENAME TO g"], NO_RIGHT),
    attack(55, "rights of what comes", ["ALTER DEFAULT PRIVILEGES IN SCHEMA governance GRANT ALL ON TABLES TO ch_portal"], NO_RIGHT, roles=OWNERS),
    attack(56, "a box dropped with its ballots", ["DROP TABLE governance.{box}"], NO_RIGHT, roles=OWNERS, before=["SELECT governance.make_box('{O}', 1)",
           "ALTER TABLE governance.{box} DISABLE TRIGGER USER", "INSERT INTO governance.{box} SELECT '{O}/1', sha256('x'), 'x'"]),
    attack(57, "a box disarmed", ["ALTER TABLE governance.{box} DISABLE TRIGGER USER"], NO_RIGHT, roles=OWNERS, before=["SELECT governance.make_box('{O}', 1)"]),
    attack(58, "ballots changed behind the count", succeed(), BROKEN, before=["clock", "DELETE FROM governance.named_vote WHERE proposal_id = '{S}' AND reading = 1"]),
    attack(59, "another successor than was voted", [s.replace("'IE'", "'GB'") for s in succeed()], HELD, before=CLOCK),
]


class World:
    """The database that is attacked, and what its proposals are called."""

    def __init__(self, database, names):
        self.database, self.names = database, {**NAMES, **names, "box": f"box_{names['O'].replace('-', '')}_1"}
        self.connections = {}

    def connect(self, role):
        """One connection a role: what an attack sets goes with its transaction."""
        if role not in self.connections:
            self.connections[role] = psycopg2.connect(self.database.replace("user=commonhold", f"user={role}") if role in LOGINS else self.database)
        return self.connections[role]

    def close(self):
        for connection in self.connections.values():
            connection.close()

    def prepare(self, cursor, steps):
        """As a superuser who has taken the guards away for a moment."""
        statements = []
        for step in steps:
            statements += earlier(self.names["S"]) if step == "clock" else earlier(self.names["O"]) if step == "clock of O" else [step.format_map(self.names)]
        with lifted(cursor):
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in ("proposal", "roll", "roll_head", "named_vote", "ballot", "ballot_box"):
                cursor.execute(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SELECT format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal")
            for command, in cursor.fetchall():
                cursor.execute(command)
            cursor.execute("SET LOCAL session_replication_role = origin")

    def attacked(self, role, plan):
        """The SQLSTATE an attack ends with."""
        connection = self.connect(role)
        with connection.cursor() as cursor:
            if plan["before"] and role not in LOGINS:
                self.prepare(cursor, plan["before"])
            if role == OWNER:
                cursor.execute(f"SET ROLE {OWNER}")
            elif role == REPLICA:
                cursor.execute("SET session_replication_role = replica")
            try:
                for statement in plan["statements"]:
                    text = statement.format_map(self.names) if "$$" not in statement else statement
                    if plan["data"]:
                        cursor.copy_expert(text, io.StringIO(plan["data"]))
                    else:
                        cursor.execute(text)
            except psycopg2.Error as error:
                return error.pgcode
            finally:
                connection.rollback()
        return FINE

    def register(self):
        return query(self.database, "SELECT a.* FROM governance.asset AS a ORDER BY a.ref") + query(self.database, "SELECT * FROM governance.asset_event ORDER BY 1, 2")


def restored(stack, source, name):
    """A dump of the database, restored into another one."""
    query(stack.admin, f"CREATE DATABASE {name} TEMPLATE template0")
    target = stack.conninfo(name)
    dump = subprocess.Popen(["pg_dump", source], stdout=subprocess.PIPE)
    done = subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", target], stdin=dump.stdout, capture_output=True, text=True, timeout=120, check=False)
    assert dump.wait() == 0 and done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def trust(stack):
    made = locked(stack)
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def names(trust):
    """S and O; then nothing moves any more."""
    cooling = put_forward(trust, "succession", succession())
    second_reading(trust, cooling)
    once = put_forward(trust, "succession", succession("name-harbour"))
    read(trust, once, 1)
    trust.stop()
    return {"S": cooling, "O": once}


@pytest.fixture(scope="module", params=["live", "restored"])
def world(request, stack, trust, names):
    made = World(trust.database if request.param == "live" else restored(stack, trust.database, "restored_lock"), names)
    yield made
    made.close()
    query(stack.admin, "DROP DATABASE IF EXISTS restored_lock WITH (FORCE)")


@pytest.mark.parametrize("plan", [*ATTACKS, *BESIDES])
def test_attack(world, plan):
    before = world.register()
    ended = {role: world.attacked(role, plan) for role in plan["roles"]}
    assert ended == {role: plan["services"] if role in LOGINS else plan["state"] for role in plan["roles"]}
    assert world.register() == before


def test_what_is_attacked_would_succeed_by_the_rules(world):
    """The control: with the clock passed, the owner's own statements pass the asset on to the successor that was voted."""
    plan = {"statements": succeed(), "before": CLOCK, "data": None}
    assert {role: world.attacked(role, plan) for role in (OWNER, SUPERUSER)} == {OWNER: FINE, SUPERUSER: FINE}


def test_48_superuser_drops_an_event_trigger(stack, world):
    """It succeeds, and commonhold-audit reports it."""
    name = "without_event_trigger"
    world.close()
    world.connections.clear()
    copy_database(stack.admin, name, world.database.split("dbname=")[1].split()[0])
    try:
        query(stack.conninfo(name), "DROP EVENT TRIGGER commonhold_ddl")
        query(stack.conninfo(name), "ALTER TABLE governance.asset DISABLE TRIGGER guard")
        audit = subprocess.run([BIN / "commonhold-audit", "--source", stack.conninfo(name).replace("user=commonhold", "user=ch_audit"), "--full", "--checks", "G2", "--report", "text"],
                               capture_output=True, text=True, timeout=120, check=False)
        assert audit.returncode == 1 and "commonhold_ddl" in audit.stdout and "governance.asset" in audit.stdout, audit.stdout + audit.stderr
    finally:
        query(stack.admin, f"DROP DATABASE {name} WITH (FORCE)")

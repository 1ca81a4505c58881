# SPDX-License-Identifier: AGPL-3.0-or-later
"""A delivery lives as long as a process says that it sends it, however slowly its reader reads; one whose process died is not shown as live half a
minute later, and is settled after a minute."""
import pytest

from delivering import load_plain
from stack import eventually
from test_metering import SlowReader, World, uid
from test_uploads import kill_hard

ROWS = 60000


@pytest.fixture(scope="module")
def world(stack):
    made = World(stack.trust(settings={"common": {"processes": 2}}), stack)
    made.pool("long")
    load_plain(made, "long", ROWS)
    made.grant("long", "long", cohort=1)
    yield made
    stack.release(made.trust)


def live(world):
    return [told["id"] for told in world.get(f"/metering/v1/grants/{uid('grant long')}/usage", "long", "long").json["live"]]


def shown(world, delivery):
    return world.get(f"/metering/v1/deliveries/{delivery}", "long", "long").json


def age(world, delivery, seconds):
    """As if so much time had passed since it was opened and since its last beat."""
    for table, column, key in (("delivery", "opened_at", "id"), ("delivery_beat", "at", "delivery_id")):
        world.write(lambda c, t=table, a=column, k=key: c.execute(f"UPDATE metering.{t} SET {a} = clock_timestamp() - %s * interval '1 s' WHERE {k} = %s", (seconds, delivery)))


def batches(world, delivery):
    return {batch["state"] for batch in shown(world, delivery)["batches"]}


def test_a_reader_that_stops_is_no_dead_process(world):
    reader = SlowReader(world, "long", "long")
    reader.wait_stalled(world)
    age(world, reader.delivery, 600)
    world.trust.wait_sql("a beat", "SELECT at > clock_timestamp() - interval '10 s' FROM metering.delivery_beat WHERE delivery_id = %s", reader.delivery)
    assert live(world) == [reader.delivery]
    world.trust.sql("SELECT metering.settle_batches()")
    assert (shown(world, reader.delivery)["state"], batches(world, reader.delivery) & {"unresolved", "unsent"}) == ("open", set())
    assert reader.rest().split()[1]["end"] == "complete"
    eventually("its record", lambda: shown(world, reader.delivery)["state"] == "complete")
    assert world.trust.sql("SELECT * FROM metering.delivery_beat WHERE delivery_id = %s", reader.delivery) == [] and live(world) == []


def test_a_silent_process_that_was_there_after_all_knows_better(world):
    """Its beats did not come through for over a minute: it may make no further batch, and what it sent counts."""
    reader = SlowReader(world, "long", "long")
    reader.wait_stalled(world)
    age(world, reader.delivery, 61)
    world.trust.sql("SELECT metering.settle_batches()")
    assert shown(world, reader.delivery)["state"] == "lost" and "unresolved" in batches(world, reader.delivery)
    end = reader.rest().split()[1]
    assert end["end"] == "not_allowed_here"
    eventually("its record", lambda: shown(world, reader.delivery)["state"] == "ended")
    told = shown(world, reader.delivery)
    assert batches(world, reader.delivery) == {"sent"} and told["counted_rows"] == int(end["rows"]) and told["receipt"]
    rest = world.rows(f"?after={end['resume']}", "long", "long").split()[1]
    assert int(rest["rows"]) + int(end["rows"]) == ROWS and rest["end"] == "complete"
    world.holds()


def test_a_dead_process_is_not_live(world):
    reader = SlowReader(world, "long", "long")
    reader.wait_stalled(world)
    assert live(world) == [reader.delivery]
    kill_hard(world.trust)
    reader.socket.close()
    world.trust.start()
    assert live(world) == [reader.delivery], "nobody knows yet"
    age(world, reader.delivery, 31)
    assert live(world) == [] and shown(world, reader.delivery)["state"] == "open"
    age(world, reader.delivery, 61)
    world.trust.sql("SELECT metering.settle_batches()")
    assert shown(world, reader.delivery)["state"] == "lost" and batches(world, reader.delivery) <= {"sent", "unresolved"}
    world.holds()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tombstones: exactly the rows that were delivered and then withdrawn are on the licensee's list; acknowledgement; rows go only when they
are named; a killed worker; erasure."""
import contextlib
import datetime
import json
import random
import re
import socket
import struct
import time

import psycopg2
import pytest

from consenting import CLASS, LIC, OWNERS, PURPOSE, Ground, uid
from stack import Client, Problem, eventually


@pytest.fixture(scope="module")
def ground(trust, stack):
    made = Ground(trust, stack, rows=300)
    made.give()
    for name in ("reader", "filtered", "other", "again", "old"):
        made.grant(name)
    return made


def refused(status, slug, deed):
    with pytest.raises(Problem) as caught:
        deed()
    assert (caught.value.status, caught.value.slug) == (status, slug), caught.value


def named(ground, name, **more):
    ground.idle()
    return [line["_row"] for line in ground.tombstones(name, **more)]


def test_every_row_delivered_and_withdrawn_is_on_the_list_and_no_other(ground):
    """N7, against the CSV that was downloaded: all of a pool, a filtered part of it, and nothing at all."""
    whole, _ = ground.download("reader")
    part, trailer = ground.download("filtered", "?pm10=gt.20&select=pm10,pm25")
    more, _ = ground.download("filtered", "?pm10=lt.10")
    assert len(whole) == 300 * len(OWNERS) and 0 < len(part) < len(whole) and trailer["end"] == "complete"
    ground.withdraw("ada", purpose=PURPOSE)
    mine = {name: set(ground.names_of(name, [ground.contributions["ada"]])) for name in ("reader", "filtered")}
    assert sorted(named(ground, "reader")) == sorted(set(whole) & mine["reader"]) and len(named(ground, "reader")) == 300
    listed = named(ground, "filtered")
    assert sorted(listed) == sorted((set(part) | set(more)) & mine["filtered"]) and 0 < len(listed) < 300
    assert named(ground, "other") == []
    assert not set(whole) & set(part), "names link no two grants"


def test_what_a_line_says(ground):
    lines = ground.tombstones("reader")
    assert [line["seq"] for line in lines] == list(range(1, 301)) and {line["kind"] for line in lines} == {"withdrawn"}
    effective, due = {line["effective_at"] for line in lines}, {line["ack_due"] for line in lines}
    at = ground.trust.sql("SELECT log.time_text(at) FROM licensing.consent_event WHERE member_id = %s AND purpose = %s AND state = 'withdrawn' "
                          "ORDER BY seq DESC LIMIT 1", ground.ids["ada"], PURPOSE)[0][0]
    assert effective == {at} and len(due) == 1
    read = lambda text: datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    assert read(due.pop()) - read(effective.pop()) == datetime.timedelta(days=30)
    assert set(lines[0]) == {"seq", "_row", "kind", "effective_at", "ack_due"}


def test_pages_are_by_key(ground):
    assert ground.tombstones("reader", limit=77) == ground.tombstones("reader")
    path = f"{LIC}/grants/{uid('grant reader')}/tombstones"
    answer = ground.trust["uni"].get(f"{path}?after=298")
    assert answer.raw.count(b"\n") == 2 and "Link" not in answer.headers and answer.headers["X-Commonhold-Last"] == "300"
    for query in ("limit=0", "limit=10001", "limit=x", "after=-1", "after=a"):
        refused(400, "bad_request", lambda query=query: ground.trust["uni"].get(f"{path}?{query}"))


def test_a_list_is_its_licensees_alone(ground):
    path = f"{LIC}/grants/{uid('grant reader')}/tombstones"
    ground.trust.register_organisation("firm", "Firm", "DE", "company", "lin")
    refused(404, "not_found", lambda: ground.trust["firm"].get(path))
    refused(401, "not_signed_in", lambda: ground.trust.public.get(path))
    refused(404, "not_found", lambda: ground.trust["uni"].get(f"{LIC}/grants/{uid('grant nothing')}/tombstones"))
    refused(404, "not_found", lambda: ground.trust["firm"].post(f"{LIC}/grants/{uid('grant reader')}/acknowledge", {"up_to": 1}))
    refused(404, "not_found", lambda: ground.trust["uni"].get(f"{LIC}/grants/x/tombstones"))


def test_the_licensee_is_told_once(ground):
    events = ground.trust.sql("SELECT payload -> 'data' FROM log.outbox WHERE topic = 'webhook' AND payload ->> 'type' = 'consent.tombstones' "
                              "AND payload #>> '{data,grant}' = %s", uid("grant reader"))
    assert len(events) == 1 and (events[0][0]["count"], events[0][0]["from_seq"], events[0][0]["to_seq"]) == (300, 1, 300)


def test_consenting_again_takes_nothing_back_and_a_second_withdrawal_names_what_came_between(ground):
    first, _ = ground.download("again", "?limit=1000")
    ground.withdraw("hal", purpose=PURPOSE)
    before = named(ground, "again")
    ground.give(["hal"])
    ground.idle()
    assert named(ground, "again") == before
    between, _ = ground.download("again", "?pm10=eq.7")
    ground.withdraw("hal", purpose=PURPOSE)
    mine = set(ground.names_of("again", [ground.contributions["hal"]]))
    after = named(ground, "again")
    assert sorted(before) == sorted(set(first) & mine) and after[:len(before)] == before
    assert sorted(after[len(before):]) == sorted(set(between) & mine) and len(after) > len(before)
    ground.give(["hal"])


def test_running_it_again_writes_nothing_twice(ground):
    counts = "SELECT count(*), max(seq) FROM licensing.tombstone"
    before = ground.trust.sql(counts)
    for _ in range(2):
        ground.trust.sql("SELECT job.enqueue('write_tombstones', %s, %s)", ground.pool_id, json.dumps({"pool": ground.pool_id}))
        ground.idle()
    ground.trust.unguarded("UPDATE licensing.tombstone_scan SET epoch = -1")  # as if the scan's end had been lost
    ground.trust.sql("SELECT job.enqueue('write_tombstones', %s, %s)", ground.pool_id, json.dumps({"pool": ground.pool_id}))
    ground.idle()
    assert ground.trust.sql(counts) == before


def test_a_client_that_left_in_the_middle_is_told_of_what_it_had(ground):
    """Whatever arrived of a batch that broke off is on the list: more may be, never less."""
    ground.grant("broken")
    with socket.create_connection(("127.0.0.1", ground.trust.port), timeout=30) as connection:
        connection.sendall((f"GET /metering/v1/pools/air/rows HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ground.token('broken', 'air')}"
                            "\r\n\r\n").encode())
        got = b""
        while len(got) < 30000:
            got += connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    arrived = set(re.findall(r"^([0-9A-HJKMNP-TV-Z]{13}),", got.decode(errors="replace"), re.M))
    ground.trust.wait_sql("end", "SELECT state <> 'open' FROM metering.delivery WHERE grant_id = %s", uid("grant broken"))
    names, listed = OWNERS[1:4], set()
    mine = set(ground.names_of("broken", [ground.contributions[name] for name in names]))
    for name in names:
        ground.withdraw(name, purpose=PURPOSE)
        listed = set(named(ground, "broken"))
    assert len(arrived & mine) > 10 and arrived & mine <= listed <= mine
    ground.give(names)


def test_batches_from_before_runs_were_kept(ground):
    """The rows of the contribution between the batch's first and last: exact where nothing was filtered."""
    rows, _ = ground.download("old")
    ground.force("metering.batch", f"UPDATE metering.batch SET runs = NULL WHERE grant_id = '{uid('grant old')}'")
    ground.withdraw("eva", purpose=PURPOSE)
    assert sorted(named(ground, "old")) == sorted(set(rows) & set(ground.names_of("old", [ground.contributions["eva"]])))
    ground.give(["eva"])


def test_acknowledging(ground):
    path, grant = f"{LIC}/grants/{uid('grant reader')}/acknowledge", uid("grant reader")
    overdue = lambda: ground.trust.sql("SELECT licensing.tombstones_overdue(%s)", grant)[0][0]
    assert overdue() is False
    ground.force("licensing.tombstone", f"UPDATE licensing.tombstone SET ack_due = now() - interval '1 second' WHERE grant_id = '{grant}' AND seq <= 300")
    assert overdue() is True
    epoch = ground.trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", grant)
    assert ground.trust["uni"].post(path, {"up_to": 299}).json["overdue"] is True and overdue() is True
    done = ground.trust["uni"].post(path, {"up_to": 300}).json
    assert (done["acknowledged"], done["overdue"]) == (300, False) and overdue() is False
    assert ground.trust["uni"].post(path, {"up_to": 5}).json["acknowledged"] == 300, "an older number takes nothing back"
    last = ground.trust.sql("SELECT max(seq) FROM licensing.tombstone WHERE grant_id = %s", grant)[0][0]
    refused(422, "invalid", lambda: ground.trust["uni"].post(path, {"up_to": last + 1}))
    refused(422, "invalid", lambda: ground.trust["uni"].post(path, {"up_to": 0}))
    refused(422, "invalid", lambda: ground.trust["uni"].post(path, {}))
    assert ground.trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", grant) == epoch, "tokens live on"
    for statement in ("UPDATE licensing.tombstone SET kind = 'erased'", "DELETE FROM licensing.tombstone", "DELETE FROM licensing.tombstone_ack",
                      "UPDATE licensing.tombstone_mark SET rows = 1"):
        with pytest.raises(psycopg2.errors.CheckViolation):
            ground.trust.sql(statement)


@pytest.mark.parametrize("state, allowed", [("suspended", True), ("closed", False), ("revoked", False), ("expired", False)])
def test_acknowledging_follows_the_matrix(ground, state, allowed):
    grant = uid("grant again")
    ground.trust.unguarded(f"UPDATE licensing.data_grant SET state = '{state}' WHERE id = '{grant}'")
    try:
        if allowed:
            assert ground.trust["uni"].post(f"{LIC}/grants/{grant}/acknowledge", {"up_to": 1}).json["acknowledged"] == 1
        else:
            refused(409, "not_allowed_here", lambda: ground.trust["uni"].post(f"{LIC}/grants/{grant}/acknowledge", {"up_to": 2}))
        assert ground.trust["uni"].get(f"{LIC}/grants/{grant}/tombstones").status == 200
    finally:
        ground.trust.unguarded(f"UPDATE licensing.data_grant SET state = 'active' WHERE id = '{grant}'")


def test_rows_go_only_when_they_are_named(ground):
    """The job that deletes comes first: it waits for the tombstones, which do not need the rows."""
    ground.download("other")
    contribution, rows = ground.contributions["gil"], ground.names_of("other", [ground.contributions["gil"]])
    with contextlib.closing(psycopg2.connect(ground.trust.database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT (licensing.withdraw_contribution(%s, NULL, %s)).outcome", (ground.ids["gil"], contribution))
        assert cursor.fetchone() == ("ok",)
        cursor.execute("SELECT (licensing.delete_contribution_rows(%s)).outcome", (contribution,))
        assert cursor.fetchone() == ("stale",)
    assert set(rows) <= set(named(ground, "other"))
    assert ground.trust.sql("SELECT (licensing.delete_contribution_rows(%s)).body ->> 'rows'", contribution) == [("300",)]
    wait = ground.trust.sql("SELECT run_at - (SELECT ended_at FROM licensing.contribution WHERE id = %s) FROM job.job WHERE kind = 'delete_contribution_rows' "
                            "AND key = %s", contribution, contribution)[0][0]
    assert wait < datetime.timedelta(hours=72)
    ground.contributions["gil"] = ground.contribute("gil", 300)


def test_a_superseded_contribution_is_named_when_its_owner_withdraws_later(ground):
    """Its rows are gone by then: the batches know which they were."""
    grant = ground.grant("superseded")
    got, _ = ground.download("superseded")
    old = ground.contributions["fay"]
    mine = ground.names_of("superseded", [old])
    ground.write(lambda c: c.execute("UPDATE licensing.contribution SET state = 'superseded', ended_at = now() WHERE id = %s", (old,)))
    assert ground.trust.sql("SELECT (licensing.delete_contribution_rows(%s)).outcome", old) == [("ok",)]
    assert named(ground, "superseded") == [], "its owner's consent stands"
    ground.withdraw("fay", purpose=PURPOSE)
    assert sorted(named(ground, "superseded")) == sorted(mine) and set(mine) <= set(got) and grant
    ground.contributions["fay"] = ground.contribute("fay", 300)
    ground.give(["fay"])


def test_a_worker_killed_in_between_writes_the_same(ground):
    """Its transaction is ended in the middle by the server, at random moments, until it is done: one list, complete, nothing twice."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    ground.grant("killed")
    ground.contributions["big"] = ground.contribute("cem", 60000)
    ground.download("killed")
    mine = ground.names_of("killed", [ground.contributions["big"], ground.contributions["cem"]])
    ground.withdraw("cem", purpose=PURPOSE)
    ended = 0
    deadline = time.monotonic() + 60
    busy = "SELECT EXISTS (SELECT FROM job.job WHERE kind = 'write_tombstones' AND state IN ('waiting', 'running'))"
    while ended < 5 and time.monotonic() < deadline and ground.trust.sql(busy)[0][0]:
        pids = ground.trust.sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%add_tombstones%%' "
                                "AND state <> 'idle' AND pid <> pg_backend_pid()")
        if pids and dice.random() < 0.5:
            ended += sum(done for done, in ground.trust.sql("SELECT pg_terminate_backend(%s)::integer", pids[0][0]))
            ground.trust.sql("UPDATE job.job SET run_at = now() WHERE kind = 'write_tombstones' AND state IN ('waiting', 'running')")
    eventually("tombstones", lambda: ground.trust.sql("UPDATE job.job SET run_at = now() WHERE kind = 'write_tombstones' AND run_at > now()")
               or ground.trust.sql("SELECT count(*) FROM licensing.tombstone WHERE grant_id = %s", uid("grant killed"))[0][0] == len(mine))
    print("ended", ended)
    listed = named(ground, "killed", limit=10000)
    assert sorted(listed) == sorted(mine)
    assert [seq for seq, in ground.trust.sql("SELECT seq FROM licensing.tombstone WHERE grant_id = %s ORDER BY 1", uid("grant killed"))] == \
        list(range(1, len(mine) + 1))
    ground.give(["cem"])


# -- erasure -----------------------------------------------------------------------


def figures(trust):
    """Every total that others rely on."""
    return {
        "usage": trust.sql("SELECT grant_id, contribution_id, sum(units) FROM metering.usage_day GROUP BY 1, 2 ORDER BY 1, 2"),
        "batches": trust.sql("SELECT count(*), sum(rows), sum(bytes) FROM metering.batch"),
        "journal": trust.sql("SELECT count(*), COALESCE(sum(minor), 0) FROM payout.posting"),
        "votes": trust.sql("SELECT count(*) FROM governance.named_vote"), "rolls": trust.sql("SELECT * FROM governance.roll_head ORDER BY 1"),
        "leaves": trust.sql("SELECT index, leaf_hash FROM log.entry ORDER BY 1 LIMIT 20"),
        "members": trust.sql("SELECT count(*) FROM governance.member"),
        "events": trust.sql("SELECT count(*) FROM licensing.consent_event WHERE state <> 'withdrawn'")}


def test_erasure_ends_everything_of_a_person_and_no_figure(ground, stack):
    trust = ground.trust
    ground.grant("erased")
    # one contribution of the member was withdrawn and named before
    ground.download("erased")
    ground.fold()
    member, me = trust["ben"], ground.ids["ben"]
    early, late = ground.contributions["ben"], ground.contribute("ben", 50)
    ground.download("erased")
    ground.fold()
    trust["ben"].post(f"{LIC}/contributions/{early}/withdraw")
    both = ground.names_of("erased", [early, late])
    assert len(named(ground, "erased")) == 300
    before = figures(trust)

    done = member.post(f"/governance/v1/members/{me}/erase").json
    assert done["standing"] == "left" and done["erased_at"]

    assert trust.sql("SELECT wrapped_key, display_name, email, email_hash FROM governance.person WHERE member_id = %s", me) == [(None,) * 4]
    assert trust.sql("SELECT count(*) FROM licensing.consent_current WHERE member_id = %s AND permits", me) == [(0,)]
    assert trust.sql("SELECT count(*) FROM governance.office_in_force WHERE member_id = %s AND until_at > now()", me) == [(0,)]
    lines = [line for line in ground.idle() or ground.tombstones("erased", limit=10000) if line["kind"] == "erased"]
    assert sorted(line["_row"] for line in lines) == sorted(both), "also what was named as withdrawn before"
    trust.wait_sql("rows deleted", f"SELECT NOT EXISTS (SELECT FROM {ground.tables['air']} WHERE contribution_id IN (%s, %s))", early, late)
    assert trust.sql("SELECT DISTINCT state, provenance::text, licence ? 'attribution' FROM licensing.contribution WHERE member_id = %s", me) == \
        [("erased", "{}", False)]
    assert trust.sql("SELECT count(*) FROM licensing.consent_salt AS s JOIN licensing.consent_event AS e ON e.id = s.event_id WHERE e.member_id = %s",
                     me) == [(0,)]
    assert trust.sql("SELECT state, password FROM portal.account WHERE subject = %s", me) == [("closed", "")]
    with pytest.raises(Problem):
        Client(trust.base).sign_in("ben@harbour-air.example", "correct horse battery staple")
    ground.fold()
    assert figures(trust) == before
    assert trust.sql("SELECT * FROM metering.check_usage()") == []
    ground.fold_holds()
    # asked again it answers the same; nobody else can
    assert trust.sql("SELECT (governance.erase_member(%s, %s)).outcome", me, me) == [("accepted",)]
    refused(404, "not_found", lambda: trust["ada"].post(f"/governance/v1/members/{me}/erase"))
    refused(404, "not_found", lambda: trust["mo"].post(f"/governance/v1/members/{ground.ids['ada']}/erase"))


def test_an_erased_member_cannot_come_back_in(ground):
    me = ground.ids["ben"]
    with pytest.raises(psycopg2.Error):
        ground.trust.sql("UPDATE governance.person SET email_hash = sha256('x') WHERE member_id = %s", me)
    assert ground.trust.sql("SELECT (licensing.record_consent(%s, NULL, %s)).outcome", me, json.dumps(
        {"pool": "air", "purpose": PURPOSE, "recipient_classes": [CLASS], "state": "given", "notice": 1})) == [("forbidden",)]
    rows, _ = ground.download("reader")
    assert not set(rows) & set(ground.names_of("reader", [ground.contributions["ben"]]))

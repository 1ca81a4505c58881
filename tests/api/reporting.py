# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data planes that report usage, for tests and benches: pools and grants are rows written by hand, clients and sources are registered by the
licensing officer, tokens come from the token endpoint, and events go over HTTP."""
import base64
import datetime
import http.client
import json
import urllib.parse
import uuid

from stack import DEADLINE
from test_metering import Got, World, uid

EVENTS, BATCH, ONE = "/metering/v1/events", "application/cloudevents-batch+json", "application/cloudevents+json"
UTC = datetime.timezone.utc
OTHERS = uid("another organisation")


def now():
    return datetime.datetime.now(UTC)


def rfc3339(at):
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def uuid7(at=None):
    """A UUIDv7 with this time in its first 48 bits."""
    raw = bytearray(uuid.uuid4().bytes)
    raw[:6] = int((at or now()).timestamp() * 1000).to_bytes(6, "big")
    raw[6] = 0x70 | raw[6] & 15
    return str(uuid.UUID(bytes=bytes(raw)))


class Planes(World):
    """A trust with pools `air` and `sea`, grants `air` and `sea` of the first organisation and `theirs` of the second, a data plane for each
    of these organisations with one source, and some contributions."""

    def __init__(self, trust, stack):
        super().__init__(trust, stack)
        self.mine, self.tokens, self.clients, self.sources = self.organisation, {}, {}, {}
        for ref in ("air", "sea"):
            self.pool(ref)
        self.contributions = [self.write(lambda c, n=n: self.contribution(c, "air", f"member{n}", 100 * (n + 1))) for n in range(3)]
        self.write(lambda c: self.contribution(c, "sea", "sailor", 50))
        self.grant("air", "air")
        self.grant("sea", "sea")
        self.grant_of(OTHERS, "theirs", "air")
        self.plane("plane", self.mine, "https://plane.example/store")
        self.plane("rival", OTHERS, "https://rival.example/store")

    def grant(self, name, ref, **more):
        """With its history: active since yesterday."""
        made = super().grant(name, ref, **more)
        self.write(lambda c: c.execute("INSERT INTO licensing.grant_event (grant_id, seq, command, role, to_state, epoch, at) SELECT id, 1, 'activate', "
                                       "'Y', 'active', 1, from_at FROM licensing.data_grant WHERE id = %s ON CONFLICT DO NOTHING", (made,)))
        return made

    def grant_of(self, organisation, name, ref):
        """A grant of another licensee."""
        self.organisation = organisation
        try:
            return self.grant(name, ref)
        finally:
            self.organisation = self.mine

    def set_grant(self, name, **columns):
        """Changes what never changes: terms of a grant."""
        text = ", ".join(f"{column} = {value}" for column, value in columns.items())
        self.write(lambda c: c.execute(f"UPDATE licensing.data_grant SET {text}, epoch = epoch + 1 WHERE id = %s", (uid("grant " + name),)))

    def move_grant(self, name, command, state, at="clock_timestamp()"):
        """A step of a grant's life, told as licensing tells it."""
        grant = uid("grant " + name)

        def work(c):
            c.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(pool_id)) FROM licensing.data_grant WHERE id = %s", (grant,))
            c.execute("INSERT INTO licensing.grant_event (grant_id, seq, command, role, to_state, epoch, at) SELECT grant_id, max(seq) + 1, %s, 'Y', %s, "
                      f"max(epoch) + 1, {at} FROM licensing.grant_event WHERE grant_id = %s GROUP BY grant_id", (command, state, grant))
            c.execute("UPDATE licensing.data_grant SET state = %s, epoch = epoch + 1 WHERE id = %s", (state, grant))
        self.write(work)

    # -- clients -------------------------------------------------------------

    def plane(self, name, organisation, *uris):
        made = self.trust["lin"].post("/licensing/v1/clients", {"name": name, "data_plane": True, "organisation_id": organisation})
        self.clients[name] = (made["client_id"], made["client_secret"])
        for uri in uris:
            self.trust["lin"].post("/metering/v1/sources", {"client_id": made["client_id"], "uri": uri})
        self.sources[name] = uris[0] if uris else None
        return made["client_id"]

    def usage_token(self, name="plane"):
        if name not in self.tokens:
            client, secret = self.clients[name]
            credentials = base64.b64encode(f"{client}:{secret}".encode()).decode()
            connection = http.client.HTTPConnection("127.0.0.1", self.trust.port, timeout=DEADLINE)
            connection.request("POST", "/licensing/v1/oauth/token", urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "usage"}),
                               {"Authorization": "Basic " + credentials, "Content-Type": "application/x-www-form-urlencoded"})
            answer = json.loads(connection.getresponse().read())
            connection.close()
            self.tokens[name] = answer["access_token"]
        return self.tokens[name]

    # -- events --------------------------------------------------------------

    def event(self, identifier=None, grant="air", time=None, source=None, **data):
        ref = {"air": "air", "sea": "sea", "theirs": "air"}.get(grant, "air")
        return {"specversion": "1.0", "type": "commonhold.usage.v1", "source": source or self.sources["plane"],
                "id": identifier or uuid7(), "time": rfc3339(time or now()), "subject": uid("grant " + grant),
                "data": {"pool": ref, "meter": "requests", "units": 1, **data}}

    def send(self, body, kind=BATCH, name="plane", headers=None, token=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.trust.port, timeout=DEADLINE)
        try:
            sent = {"Authorization": "Bearer " + (token or self.usage_token(name)), **({"Content-Type": kind} if kind else {}), **(headers or {})}
            connection.request("POST", EVENTS, body, sent)
            answer = connection.getresponse()
            return Got(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def report(self, events, **more):
        """The answer to a batch that is read."""
        got = self.send(json.dumps(events), **more)
        assert got.status == 200, (got.status, got.body)
        return got.json

    def counts(self, events, **more):
        answer = self.report(events, **more)
        return answer["accepted"], answer["duplicates"], [(r["index"], r["reason"]) for r in answer["rejected"]]

    # -- what is stored ------------------------------------------------------

    def units(self, grant="air", meter="requests"):
        return self.trust.sql("SELECT COALESCE(sum(units), 0)::bigint FROM metering.usage_day WHERE grant_id = %s AND meter = %s",
                              uid("grant " + grant), meter)[0][0]

    def exact(self):
        """U1 as metering itself judges it, day by day, and U3."""
        assert self.trust.sql("SELECT * FROM metering.check_usage()") == []
        self.holds_once()

    def holds_once(self):
        """The rollup is what the events come to, grant by grant; no event is here twice, or in both tables. There are no deliveries here."""
        assert self.trust.sql("SELECT * FROM (SELECT grant_id, meter, contribution_id, sum(units) FROM metering.usage_event GROUP BY 1, 2, 3) AS e "
                              "FULL JOIN (SELECT grant_id, meter, contribution_id, sum(units) AS rolled FROM metering.usage_day GROUP BY 1, 2, 3) AS d "
                              "ON (e.grant_id, e.meter) = (d.grant_id, d.meter) AND e.contribution_id IS NOT DISTINCT FROM d.contribution_id "
                              "WHERE sum IS DISTINCT FROM rolled") == []
        assert self.trust.sql("SELECT source_no, event_key FROM metering.usage_event GROUP BY 1, 2 HAVING count(*) > 1") == []
        assert self.trust.sql("SELECT source_no, event_key FROM metering.usage_event JOIN metering.quarantine USING (source_no, event_key)") == []

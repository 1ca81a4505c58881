# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices as e-mail, taken by a mail server of the test (aiosmtpd): each once, later again when the server refuses, never in clear unless told so."""
import email
import email.policy
import socket
import subprocess
import threading
import uuid

import pytest
from aiosmtpd.controller import Controller

from stack import BIN, eventually, free_port, wait_for


class Capture:
    """A mail server that keeps what it took; while `refusing` is set it answers with that."""

    def __init__(self):
        self.letters, self.refusing, self.lock = [], None, threading.Lock()
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        self.controller.stop()

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            if self.refusing:
                return self.refusing
            self.letters.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"

    def to(self, address, words=""):
        with self.lock:
            return [letter for readers, letter in self.letters if readers == [address] and words in letter["Subject"]]


@pytest.fixture(scope="module")
def server():
    made = Capture()
    yield made
    made.stop()


def settings(server, **more):
    return {"governance": {"mail_server": server.url, "mail_from": "trust@example.org", "mail_plain": "yes", **more}}


@pytest.fixture(scope="module")
def posted(stack, server):
    """A Spanish trust that sends; its founders' addresses are the charter's."""
    made = stack.trust({"language": "es", "name": "Aire del Puerto Año Ñandú – confianza de la comunidad entera"}, settings=settings(server))
    yield made
    stack.release(made)


def notify(trust, name, subject, kind, body="{}", days=0):
    """A notice for a founder, written `days` ago."""
    return notify_id(trust, trust[name].get("/governance/v1/members/self").json["id"], subject, kind, body, days)


def notify_id(trust, member, subject, kind, body="{}", days=0):
    trust.sql("SELECT log.notify_member(%s, %s, %s, %s)", member, subject, kind, body)
    trust.unguarded(f"UPDATE log.outbox SET created_at = created_at - interval '{days} days' WHERE unique_key = 'notice:{member}:{subject}:{kind}'")
    return f"notice:{member}:{subject}:{kind}"


def row(trust, key):
    return trust.sql("SELECT done_at IS NOT NULL, attempts, last_error, next_at - clock_timestamp() FROM log.outbox WHERE unique_key = %s", key)[0]


def address(trust, name):
    return next(founder["email"] for founder in trust.charter["founders"] if founder["ref"] == name)


def settled(trust, key):
    return wait_for("the notice to be settled", lambda: (lambda now: now if now[0] else None)(row(trust, key)), 30)


def test_every_elector_is_told_once_in_the_charters_language(posted, server):
    made = posted.propose("ada", "policy", "Abrir el catálogo", "El texto.", {"schema": "policy_text", "text": "Compartimos."}, ["lin", "mo", "tess"])
    link = f"http://127.0.0.1:{posted.port}/decisions/{made}"
    for founder in posted.charter["founders"]:
        told = eventually("a letter", lambda f=founder: [
            one for one in server.to(f["email"], "Una propuesta está abierta a discusión") if link in one.get_content()])
        assert len(told) == 1, founder
    letter = next(one for one in server.to(address(posted, "ada"), "abierta a discusión") if link in one.get_content())
    assert letter["Subject"] == posted.charter["name"] + ": Una propuesta está abierta a discusión"
    sender = letter["From"].addresses[0]
    assert sender.addr_spec == "trust@example.org" and " ".join(sender.display_name.split()) == posted.charter["name"]  # Python parts the words of a name by a blank more
    assert "Abrir el catálogo" in letter.get_content() and "/me/account" in letter.get_content()
    assert letter["Auto-Submitted"] == "auto-generated" and letter["Message-ID"].endswith("@example.org>") and letter["Date"]
    assert posted.sql("SELECT count(*) FROM log.outbox WHERE topic = 'notice' AND done_at IS NOT NULL AND last_error IS NULL")[0][0] >= len(posted.charter["founders"])


def test_a_refused_letter_is_sent_again_later_under_the_same_id(posted, server):
    server.refusing = "451 come back later"
    try:
        key = notify(posted, "ada", "hold 1", "payout.held")
        waiting = wait_for("the refusal to be kept", lambda: (lambda now: now if now[2] else None)(row(posted, key)), 30)
        assert not waiting[0] and waiting[1] == 1 and "451" in waiting[2] and 0 < waiting[3].total_seconds() <= 10
    finally:
        server.refusing = None
    posted.sql("UPDATE log.outbox SET attempts = 4, next_at = clock_timestamp() WHERE unique_key = %s", key)
    assert settled(posted, key)[1:3] == (5, None)
    letter, = server.to(address(posted, "ada"), "Un pago a su favor está retenido")
    assert letter["Message-ID"] == "<notice-%d@example.org>" % posted.sql("SELECT id FROM log.outbox WHERE unique_key = %s", key)[0][0]


@pytest.mark.parametrize("attempts, seconds", [(1, 10), (2, 20), (7, 640), (13, 40960), (14, 43200), (60, 43200)])
def test_delays_double_up_to_half_a_day(posted, attempts, seconds):
    member = posted["ada"].get("/governance/v1/members/self").json["id"]
    made = posted.sql("INSERT INTO log.outbox (topic, payload, attempts, next_at) VALUES ('notice', %s, %s, 'infinity') RETURNING id",
                      '{"member": "%s", "kind": "x", "subject": "x", "body": {}}' % member, attempts)[0][0]
    posted.sql("SELECT log.put_off_notice(%s, 'no')", made)
    left, done = posted.sql("SELECT extract(epoch FROM next_at - clock_timestamp()), done_at FROM log.outbox WHERE id = %s", made)[0]
    assert seconds - 5 < left <= seconds and done is None
    posted.sql("UPDATE log.outbox SET done_at = clock_timestamp() WHERE id = %s", made)


def test_after_three_days_it_is_given_up(posted, server):
    server.refusing = "550 nobody here"
    try:
        key = notify(posted, "ben", "hold 2", "payout.held", days=4)
        gone = settled(posted, key)
        assert "550" in gone[2]
    finally:
        server.refusing = None
    assert not server.to(address(posted, "ben"), "retenido")


def test_nobody_is_reminded_of_a_vote_that_is_over(posted, server):
    key = notify(posted, "ben", "proposal 0", "voting_reminder_2", '{"proposal_id": "%s"}' % uuid.uuid4())
    assert settled(posted, key)[2] == "not needed any more"
    assert not server.to(address(posted, "ben"), "Aún no ha votado")


def test_who_has_no_address_is_passed_over(posted):
    posted.sql("SELECT log.notify_member(log.new_id(), 'grant 1', 'grant_ended', '{}')")
    key = posted.sql("SELECT unique_key FROM log.outbox ORDER BY id DESC LIMIT 1")[0][0]
    assert settled(posted, key)[2] == "no address"


def test_a_server_that_is_away_loses_nothing(posted, server):
    server.stop()
    key = notify(posted, "cem", "hold 3", "payout.unclaimed")
    wait_for("the failure to be kept", lambda: row(posted, key)[2], 30)
    server.start()
    posted.sql("UPDATE log.outbox SET next_at = clock_timestamp() WHERE unique_key = %s AND done_at IS NULL", key)
    settled(posted, key)
    assert len(server.to(address(posted, "cem"), "Hay dinero que le espera")) == 1


def test_a_server_that_says_nothing_holds_nothing_up(stack, server):
    """It takes the connection and is silent: one letter waits for it, the others of the round are put off with it, and the log goes on."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        made = stack.trust(settings={**settings(server, mail_server=f"smtp://127.0.0.1:{silent.getsockname()[1]}"), "common": {"workers": 1}}, start=False)
        keys = [notify_id(made, member, f"hold {n}", "payout.held") for n, member in enumerate(row[0] for row in made.sql("SELECT member_id FROM governance.member LIMIT 5"))]
        made.start()
        made.wait_sql("a letter to be under way", "SELECT count(*) = 1 FROM job.job WHERE kind = 'send_notices' AND state = 'running'")
        before = made.sql("SELECT COALESCE(max(size), 0) FROM log.checkpoint")[0][0]
        made.sql("SELECT log.append_leaf('period', '2026-01', repeat('0', 64), '{}')")
        made.wait_sql("a checkpoint", "SELECT max(size) > %s FROM log.checkpoint", before)
        assert made.sql("SELECT count(*) FROM log.outbox WHERE topic = 'notice' AND last_error IS NOT NULL") == [(0,)], "the leaf waited for the mail server"
        whys = {wait_for("the failure to be kept", lambda k=key: row(made, k)[2], 30) for key in keys}
        assert len(whys) == 1 and "time" in whys.pop().lower()
        stack.release(made)


def test_nothing_goes_out_in_clear_by_itself(stack, server):
    made = stack.trust(settings=settings(server, mail_plain="no"))
    key = notify(made, "ada", "hold 4", "payout.held")
    why = wait_for("the refusal to be kept", lambda: row(made, key)[2], 30)
    assert "STARTTLS" in why, why
    assert not server.to(address(made, "ada"), "A payment to you is held")
    stack.release(made)


def test_without_a_mail_server_the_portal_shows_them(trust):
    key = notify(trust, "ada", "hold 5", "payout.held")
    assert settled(trust, key)[2] == "no mail server is configured"
    assert any(item["subject"] == "hold 5" for item in trust["ada"].get("/governance/v1/notices").json["items"])


@pytest.mark.parametrize("wrong, says", [({"mail_server": "http://127.0.0.1"}, "mail_server is smtp://"), ({"mail_from": "nobody"}, "mail_from is the address"),
                                         ({"mail_user": "u", "mail_password": "/nowhere"}, "mail_password")])
def test_settings_that_cannot_work_stop_the_start(stack, server, wrong, says):
    made = stack.trust(settings=settings(server, **wrong), start=False)
    gone = subprocess.run([BIN / "commonholdd", "--config", made.config], capture_output=True, text=True, timeout=60, check=False)
    assert gone.returncode != 0 and says in gone.stdout + gone.stderr
    stack.release(made)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""RFC 3161 timestamps of checkpoints, by authorities that `openssl ts` makes for these tests alone."""
import hashlib
import http.server
import subprocess
import threading

import pytest

from stack import eventually, run
from test_log import Checkpoint, add_leaves, settled

CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class Authority:
    """Certificates, and an HTTP server that stamps what is posted to it."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.asked, self.stale = folder, 0, None
        (folder / "extensions").write_text("extendedKeyUsage = critical, timeStamping\nkeyUsage = critical, digitalSignature\n")
        (folder / "ts.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        run("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=test root", "-days", "2")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=test authority")
        run("openssl", "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", folder / "extensions", "-out", folder / "tsa.pem")
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 (http.server's name)
                assert self.headers["Content-Type"] == "application/timestamp-query"
                reply = owner.answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, query):
        self.asked += 1
        if self.stale:
            return self.stale
        (self.folder / "query").write_bytes(query)
        run("openssl", "ts", "-reply", "-config", self.folder / "ts.cnf", "-queryfile", self.folder / "query", "-out", self.folder / "reply")
        return (self.folder / "reply").read_bytes()


@pytest.fixture
def authority(tmp_path):
    made = Authority(tmp_path / "tsa")
    yield made
    made.server.shutdown()


def stamped_trust(stack, authority, ca=None):
    made = stack.trust(settings={"log": {"timestamp_url": authority.url, "timestamp_ca": str(ca or authority.folder / "ca.pem")}}, sign_in=False)
    made.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test') ON CONFLICT DO NOTHING")
    return made


def stamps(trust):
    return [size for size, in trust.sql("SELECT size FROM log.timestamp ORDER BY size")]


def holds(folder, body, token, authority):
    (folder / "body").write_bytes(body)
    (folder / "token").write_bytes(token)
    return subprocess.run(["openssl", "ts", "-verify", "-data", folder / "body", "-in", folder / "token", "-CAfile", authority.folder / "ca.pem"],
                          capture_output=True, timeout=60).returncode == 0


def test_first_checkpoint_and_closed_periods_are_stamped(stack, authority, tmp_path):
    trust = stamped_trust(stack, authority)
    first = eventually("the first timestamp", lambda: stamps(trust))[0]
    trust.sql("SELECT log.append_leaf('period', '2026-01', repeat('0', 64), '{\"month\":\"2026-01\"}')")
    second = eventually("the timestamp of the closed period", lambda: len(stamps(trust)) == 2 and stamps(trust))[1]
    assert second > first and trust.sql("SELECT count(*) FROM log.entry WHERE type = 'period' AND index < %s", second) == [(1,)]
    answer = trust.public.get(f"/log/timestamp/{second}")
    assert answer.headers["Content-Type"] == "application/timestamp-reply" and "immutable" in answer.headers["Cache-Control"]
    body = Checkpoint(trust.sql("SELECT text FROM log.checkpoint WHERE size = %s", second)[0][0]).signed.encode()
    assert holds(tmp_path, body, answer.raw, authority)
    for place in (0, len(body) // 2, len(body) - 2):
        assert not holds(tmp_path, body[:place] + bytes([body[place] ^ 1]) + body[place + 1:], answer.raw, authority)
    for place in (answer.raw.index(hashlib.sha256(body).digest()), len(answer.raw) - 5):  # what is stamped, and the signature
        assert not holds(tmp_path, body, answer.raw[:place] + bytes([answer.raw[place] ^ 1]) + answer.raw[place + 1:], authority)
    add_leaves(trust, 2, "ordinary")
    assert settled(trust).size > second
    for size in (second + 2, "01", "x", "-1", 10 ** 17):
        assert trust.public.send("GET", f"/log/timestamp/{size}").status == 404
    asked = authority.asked
    eventually("no job that asks now", lambda: trust.sql("SELECT count(*) = 0 FROM job.job WHERE kind = 'take_timestamp' AND state IN ('waiting', 'running') AND run_at < now() + interval '1 day'")[0][0])
    assert authority.asked == asked and len(stamps(trust)) == 2, "an ordinary checkpoint waits for its week"
    assert trust.sql("SELECT run_at > now() + interval '6 days' FROM job.job WHERE kind = 'take_timestamp' AND key = 'week' AND state = 'waiting'") == [(True,)]
    trust.unguarded("ALTER TABLE log.timestamp DISABLE TRIGGER ALL", "UPDATE log.timestamp SET at = at - interval '8 days'", "UPDATE job.job SET run_at = now() WHERE kind = 'take_timestamp'")
    eventually("the weekly timestamp", lambda: len(stamps(trust)) == 3)
    stack.release(trust)


def test_what_another_authority_signed_is_not_stored(stack, authority, tmp_path):
    other = Authority(tmp_path / "other")
    trust = stamped_trust(stack, other, authority.folder / "ca.pem")
    trust.wait_logged("the timestamp does not hold")
    assert stamps(trust) == []
    other.server.shutdown()
    stack.release(trust)


def test_an_answer_to_another_question_is_not_stored(stack, authority, tmp_path):
    """A right token over other bytes, and one over the right bytes with another nonce, are answers to nothing that was asked."""
    (tmp_path / "data").write_bytes(b"something else")
    run("openssl", "ts", "-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", tmp_path / "query")
    authority.stale = authority.answer((tmp_path / "query").read_bytes())
    trust = stamped_trust(stack, authority)
    trust.wait_logged("the timestamp does not hold")
    body = Checkpoint(settled(trust).text).signed.encode()
    (tmp_path / "data").write_bytes(body)
    run("openssl", "ts", "-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", tmp_path / "query")
    authority.stale, asked = None, authority.asked
    authority.stale = authority.answer((tmp_path / "query").read_bytes())
    trust.sql("UPDATE job.job SET run_at = now() WHERE kind = 'take_timestamp'")
    eventually("the authority to be asked again", lambda: authority.asked > asked + 1)
    authority.stale = b"no answer of RFC 3161"
    trust.wait_logged("none of RFC 3161")
    assert stamps(trust) == []
    stack.release(trust)


def test_what_was_stamped_stays(stack, authority):
    trust = stamped_trust(stack, authority)
    eventually("the first timestamp", lambda: stamps(trust))
    for statement in ("UPDATE log.timestamp SET size = size + 1", "DELETE FROM log.timestamp", "TRUNCATE log.timestamp"):
        with pytest.raises(Exception, match="only ever added"):
            trust.sql(statement)
    stack.release(trust)

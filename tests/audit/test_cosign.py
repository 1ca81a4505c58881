# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor's own cosignature: given to the checkpoint of a whole audit that ended with 0, and to nothing else."""
import subprocess

import pytest

from auditing import is_clean, told_in
from faults import told
from faults_log import log_key, origin_of, signed_text
from stack import BIN, DEADLINE, run

OWN = "auditor.example/audited"
NOTHING = "nothing was cosigned"


@pytest.fixture
def key(tmp_path):
    """The folder of the auditor's key; its verifier key is in vkey."""
    run(BIN / "commonhold-witness", "key", "--dir", tmp_path / "key", "--name", OWN)
    return tmp_path / "key"


def audited(key):
    path = key / "audited.checkpoint"
    return path.read_text() if path.exists() else None


def verified(books, key, text):
    """Whether anybody who knows both keys takes it for a checkpoint of the log that this auditor cosigned."""
    (key / "note").write_text(text)
    vkey = books.one("SELECT vkey FROM log.key WHERE until_at IS NULL")
    (key / "policy").write_text(f"log {vkey}\nwitness a {(key / 'vkey').read_text().strip()}\nquorum a\n")
    done = subprocess.run([BIN / "commonhold", "verify", "checkpoint", key / "note", "--vkey", vkey, "--policy", key / "policy"], capture_output=True, text=True, timeout=DEADLINE)
    return done.returncode == 0


def test_a_clean_audit_is_cosigned(books, key):
    size, text = books.sql("SELECT size, text FROM log.checkpoint ORDER BY size DESC LIMIT 1")[0]
    for mode in ("--full", "--incremental"):
        (key / "audited.checkpoint").unlink(missing_ok=True)
        is_clean(books, mode, "--cosign", str(key))
        given = audited(key)
        assert given.startswith(text) and given.count("\n\u2014 ") == text.count("\n\u2014 ") + 1 and given.splitlines()[1] == str(size)
        assert verified(books, key, given) and not verified(books, key, text)
    is_clean(books, "--incremental", "--cosign", str(key))
    assert verified(books, key, audited(key)), "what it cosigned last is evidence, and no obstacle"


def test_nothing_else_is_cosigned(books, key):
    for options in (["--full", "--checks", "T1,T3,T4,T5"], ["--full", "--strict"]):
        done = books.run(*options, "--cosign", str(key))
        assert done.returncode == (3 if "--strict" in options else 0) and NOTHING in done.stderr and audited(key) is None
    books.change(["payout.balance"], "UPDATE payout.balance SET minor = minor + 1 WHERE ctid = (SELECT min(ctid) FROM payout.balance)")
    done = books.run("--incremental", "--sweep", "all", "--cosign", str(key))
    assert done.returncode == 1 and NOTHING in done.stderr and audited(key) is None


def test_a_log_that_is_not_what_was_cosigned_is_told(books, key):
    size, root = books.sql("SELECT size, encode(root, 'hex') FROM log.checkpoint ORDER BY size LIMIT 1")[0]
    forged = signed_text(log_key(books), origin_of(books), size, b"\2" * 32)
    (key / "audited.checkpoint").write_text(forged)
    code, report = books.audit("--full", "--cosign", str(key))
    assert (code, told_in(report)) == (1, [told("T3", "kept checkpoint", "cosigned", "root", "02" * 32, root)])
    assert audited(key) == forged, "it stays, as evidence"


def test_a_key_says_one_thing(books, key, tmp_path):
    is_clean(books, "--full", "--cosign", str(key))
    policy = tmp_path / "logs.policy"
    policy.write_text(f"log {books.one('SELECT vkey FROM log.key LIMIT 1')}\nquorum none\n")
    served = subprocess.run([BIN / "commonhold-witness", "serve", "--dir", key, "--policy", policy, "--listen", "127.0.0.1:1"], capture_output=True, text=True, timeout=DEADLINE)
    assert served.returncode == 2 and "an auditor's" in served.stderr
    (key / "lock").touch()
    done = books.run("--full", "--cosign", str(key))
    assert done.returncode == 3 and "a witness's" in done.stderr and done.stdout == ""
    done = books.run("--full", "--cosign", str(tmp_path / "nowhere"))
    assert done.returncode == 3 and "nowhere/vkey" in done.stderr

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys of the log, its recovery under another name, and what makes it refuse to sign when it starts."""
import base64
import hashlib
import json
import os
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from stack import BIN, DEADLINE, LOG_NAME, Daemon, eventually, run
from test_log import REFUSES, bundles, checkpoint, key_id, leaf_hash, own_key, readyz, settled, spoil, tree_root


def vkey_of(key, name=LOG_NAME):
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(b'%c' % 1 + public).decode()}"


def write_key(path, key):
    path.write_text(base64.b64encode(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())).decode() + "\n")
    path.chmod(0o400)
    return str(path)


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def made(stack):
    """A trust whose log was signed by the first key, stopped."""
    trust = stack.trust(sign_in=False)
    settled(trust)
    trust.stop()
    yield trust
    stack.release(trust)


def configured(trust, **log):
    """The trust with other values of [log]."""
    trust.settings = {**trust.settings, "log": {**trust.settings.get("log", {}), **log}} if trust.settings else {"log": log}
    trust._write_config()  # pylint: disable=protected-access
    return trust


def start_refusing(trust):
    """A daemon that does not become ready; what it says."""
    before = len(trust.log_text())
    trust.daemon = Daemon(trust.config, trust.port, trust.log_path)
    return trust.wait_logged(REFUSES, before)


def leaf(trust, name):
    trust.sql("SELECT log.append_leaf('grant', %s, repeat('0', 64), '{}')", name)


def entries(trust):
    return [json.loads(entry) for entry in bundles(trust, settled(trust).size)]


# -- rotation --------------------------------------------------------------------------------------------------------

def test_rotation(stack, made, key):
    """Both keys sign; the log tells of the new one, and when the old one ends: in 30 days."""
    old = made.sql("SELECT vkey FROM log.key")[0][0]
    path = write_key(stack.folder / "secrets" / "rotated.key", key)
    assert made.sql("SELECT (log.register_key(%s, 'added')).outcome", vkey_of(key)) == [("created",)]
    configured(made, key=path, next_key="secrets/log.key").start()
    leaf(made, "behind")
    found = settled(made)
    assert found.verify(old) and found.verify(vkey_of(key)) and len(found.signatures) == 2
    events = [entry for entry in entries(made) if entry["type"] == "key_event"]
    assert [(e["id"], e["body"]["event"]) for e in events] == [(old, "added"), (vkey_of(key), "added"), (old, "retired")]
    assert all(e["sha256"] == hashlib.sha256(e["id"].encode()).hexdigest() and e["body"]["vkey"] == e["id"] for e in events)
    (days,), = made.sql("SELECT until_at - now() > interval '29 days 23 hours' FROM log.key WHERE vkey = %s", old)
    assert days and [item["vkey"] for item in made.public.get("/log/keys").json["items"]] == [vkey_of(key), old]
    assert f"log {old}\n" in made.public.get("/log/policy").raw.decode()


@pytest.mark.parametrize("given, why", [
    ({"key": "{new}"}, "is in force and must sign too"),
    ({}, "is in force and must sign too"),
])
def test_a_rotation_that_leaves_a_key_out_is_refused(stack, made, key, given, why):
    path = write_key(stack.folder / "secrets" / f"alone{len(given)}.key", key)
    made.sql("SELECT log.register_key(%s, 'added')", vkey_of(key))
    size = made.sql("SELECT max(size) FROM log.checkpoint")
    line = start_refusing(configured(made, **{name: value.format(new=path) for name, value in given.items()}))
    assert why in line and made.sql("SELECT max(size) FROM log.checkpoint") == size


def test_a_key_that_was_never_registered_is_refused(stack, made, key):
    path = write_key(stack.folder / "secrets" / "stranger.key", key)
    assert "is not in force" in start_refusing(configured(made, key=path))


def test_a_retired_key_is_refused(stack, made, key):
    """And signs no more beside the one that took its place, though its file is still configured."""
    old = made.sql("SELECT vkey FROM log.key")[0][0]
    path = write_key(stack.folder / "secrets" / "next.key", key)
    made.sql("SELECT log.register_key(%s, 'added')", vkey_of(key))
    made.sql("SELECT log.retire_key(%s)", old)
    assert "is not in force" in start_refusing(made)
    made.stop()
    configured(made, key=path, next_key="secrets/log.key").start()
    leaf(made, "behind")
    found = settled(made)
    assert found.verify(vkey_of(key)) and not found.verify(old)
    assert made.sql("SELECT (log.register_key(%s, 'added')).outcome", old) == [("key_retired",)]


def test_a_key_of_another_name_is_no_rotation(made, key):
    assert made.sql("SELECT (log.register_key(%s, 'added')).outcome", vkey_of(key, "other.example/log")) == [("log_named_otherwise",)]


@pytest.mark.parametrize("statement", [
    "UPDATE log.key SET until_at = NULL", "UPDATE log.key SET from_at = from_at - interval '1 day'", "DELETE FROM log.key", "DELETE FROM log.entry WHERE index = 0",
    "UPDATE log.entry SET prev = -1", "UPDATE log.checkpoint SET root = root", "DELETE FROM log.checkpoint", "UPDATE log.tile SET hashes = hashes", "DELETE FROM log.tile",
    "TRUNCATE log.entry", "TRUNCATE log.tile", "TRUNCATE log.checkpoint"])
def test_what_was_logged_stays(trust, statement):
    settled(trust)
    with pytest.raises(Exception, match="rows are only ever added|hashes are only ever added|only ever ends"):
        trust.sql(statement)


# -- key files ---------------------------------------------------------------------------------------------------------

def test_key_file_is_its_owners_alone(stack, made, key):
    assert stat.S_IMODE(os.stat(stack.folder / "secrets" / "log.key").st_mode) == 0o400
    path = stack.folder / "secrets" / "open.key"
    write_key(path, key)
    path.chmod(0o444)
    made.sql("SELECT log.register_key(%s, 'added')", vkey_of(key))
    assert "mode 0400" in start_refusing(configured(made, key=str(path), next_key="secrets/log.key"))


def test_keys_are_in_no_database_and_no_log(stack, made):
    seed = base64.b64decode(stack.secret("log.key"))
    dump = run("pg_dump", made.database)
    for text in (stack.secret("log.key").decode().strip(), seed.hex()):
        assert text not in dump and text not in made.log_text()


# -- starting -----------------------------------------------------------------------------------------------------------

def older(trust):
    """The database as it was a few leaves ago, beside the file of now: an old backup put back. Gives the sizes."""
    old = settled(trust).size
    trust.stop()
    trust.sql("CREATE SCHEMA kept")
    for table in ("entry", "tile", "checkpoint", "outbox"):
        trust.sql(f"CREATE TABLE kept.{table} AS TABLE log.{table}")
    trust.start()
    for n in range(5):
        leaf(trust, f"g{n}")
    new = settled(trust)
    eventually("the checkpoint file", lambda: trust.checkpoint_file.read_text() == new.text)
    trust.stop()
    spoil(trust, *(f"DELETE FROM log.{table}" for table in ("entry", "tile", "checkpoint", "outbox")),
          *(f"INSERT INTO log.{table} {'OVERRIDING SYSTEM VALUE ' if table == 'outbox' else ''}SELECT * FROM kept.{table}" for table in ("entry", "tile", "checkpoint", "outbox")))
    return old, new


def test_a_restored_backup_is_told_before_anything_is_to_be_signed(stack):
    made = stack.trust(sign_in=False)
    old, new = older(made)
    line = start_refusing(made)
    assert str(old) in line and str(new.size) in line
    status, body = eventually("/readyz to fail", lambda: readyz(made) if readyz(made)[0] == 503 else None)
    assert status == 503 and str(old) in body and str(new.size) in body, "both sizes are named"
    stack.release(made)


def test_a_repaired_log_goes_on_by_itself(made):
    aside = made.checkpoint_file.with_suffix(".aside")
    made.checkpoint_file.rename(aside)
    made.checkpoint_file.write_text(f"{LOG_NAME}\n100000\n{base64.b64encode(bytes(32)).decode()}\n\nno signature\n")
    assert "100000" in start_refusing(made)
    aside.rename(made.checkpoint_file)
    leaf(made, "behind")
    eventually("it to sign again", lambda: readyz(made)[0] == 200 and settled(made).verify(own_key(made)))


# -- a new log ----------------------------------------------------------------------------------------------------------

def recover(trust, **more):
    return subprocess.run([BIN / "commonhold", "log", "recover", "--config", trust.config, "--database", trust.database], capture_output=True, text=True,
                          timeout=DEADLINE, check=False, **more)


def test_recovery_begins_a_new_log(stack):
    """All objects get their leaves again, behind one that names the last checkpoint known; the old log stays beside it."""
    made = stack.trust(sign_in=False)
    old, new = older(made)
    before = made.sql("SELECT type, object_id FROM log.entry ORDER BY index")
    assert recover(made).returncode == 2, "the name is the old log's"
    name = "trust.example/log2"
    configured(made, origin=name)
    done = recover(made)
    assert done.returncode == 0 and name in done.stdout, done
    made.start()
    found = settled(made)
    assert found.origin == name and found.verify(own_key(made)) and own_key(made).startswith(name + "+")
    told = entries(made)
    hashes = [leaf_hash(entry) for entry in bundles(made, found.size)]
    assert tree_root(hashes) == found.root
    assert told[0]["type"] == "key_event" and told[0]["id"] == own_key(made)
    root = new.text.split("\n")[2]
    assert told[0]["body"] == {"vkey": own_key(made), "event": "recovery", "old_origin": LOG_NAME, "old_size": new.size, "old_root": root, "stored_size": old}
    assert [(e["type"], e["id"]) for e in told[1:1 + old]] == before
    assert made.sql("SELECT known_size, stored_size, known_text FROM log.former") == [(new.size, old, new.text)]
    assert made.sql("SELECT count(*) FROM log.former_entry") == [(old,)]
    aside = made.checkpoint_file.with_name(f"{made.checkpoint_file.name}.before-recovery-{new.size}")
    assert aside.read_text() == new.text and checkpoint(made).text == made.checkpoint_file.read_text()
    assert recover(made).returncode == 2, "and not again under this name"
    made.stop()
    audit = subprocess.run([BIN / "commonhold-audit", "--full", "--checks", "T1,T2,T3,T4,T5", "--source", made.database.replace("user=commonhold", "user=ch_audit")],
                           capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert audit.returncode == 0, audit.stdout + audit.stderr
    stack.release(made)


def test_recovery_wants_a_checkpoint_or_none(made):
    configured(made, origin="trust.example/other")
    made.checkpoint_file.write_text("nothing\n")
    done = recover(made)
    assert done.returncode == 2 and "is no checkpoint" in done.stderr and made.sql("SELECT count(*) FROM log.former") == [(0,)]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""commonhold-witness: what it answers to whom, and that it never forgets; then a trust with witnesses, whose checkpoints they cosign."""
import os
import random
import socket
import stat
import subprocess
import threading
import time

import pytest

from stack import BIN, LOG_NAME, copy_database, eventually, query, run, together
from test_log import REFUSES, Checkpoint, add_leaves, assert_unsigned, own_key, settled
from witnessing import OwnLog, Witness, sizes_of

VERIFY = [BIN / "commonhold", "verify"]


@pytest.fixture
def log():
    return OwnLog()


@pytest.fixture
def witness(log, tmp_path):
    made = Witness(tmp_path / "w1", "witness.example/w1", log.vkey).start()
    yield made
    made.stop()


def holds(tmp_path, text, witness, log):
    """The checkpoint is signed by the log and cosigned by the witness."""
    (tmp_path / "note").write_text(text)
    (tmp_path / "policy").write_text(f"log {log.vkey}\nwitness w {witness.vkey}\nquorum w\n")
    done = subprocess.run([*VERIFY, "checkpoint", tmp_path / "note", "--vkey", log.vkey, "--policy", tmp_path / "policy"], capture_output=True, text=True)
    return done.returncode == 0


# -- the program ----------------------------------------------------------------------------------------------------------

def test_key_is_made_once_and_for_its_owner(tmp_path):
    made = Witness(tmp_path / "w", "witness.example/w")
    assert made.vkey.startswith("witness.example/w+") and (tmp_path / "w" / "vkey").read_text() == made.vkey + "\n"
    assert stat.S_IMODE(os.stat(tmp_path / "w" / "witness.key").st_mode) == 0o400
    again = subprocess.run([BIN / "commonhold-witness", "key", "--dir", tmp_path / "w", "--name", "witness.example/w"], capture_output=True, text=True)
    assert again.returncode == 2 and "exists" in again.stderr
    assert subprocess.run([BIN / "commonhold-witness", "key", "--dir", tmp_path / "v", "--name", "two words"], capture_output=True).returncode == 2
    assert subprocess.run([BIN / "commonhold-witness", "key"], capture_output=True).returncode == 64
    assert subprocess.run([BIN / "commonhold-witness"], capture_output=True).returncode == 64


def test_it_needs_no_postgresql():
    libraries = run("ldd", BIN / "commonhold-witness")
    assert "libcrypto" in libraries and "libpq" not in libraries


def test_one_folder_is_one_process(witness):
    second = subprocess.run([BIN / "commonhold-witness", "serve", "--dir", witness.folder, "--policy", witness.policy, "--listen", "127.0.0.1:1"],
                            capture_output=True, text=True, timeout=30)
    assert second.returncode == 2 and "another witness" in second.stderr


def test_it_cosigns_what_only_grew(witness, log, tmp_path):
    assert witness.newest() is None
    for old, size in [(0, 3), (3, 7), (7, 7), (7, 8), (8, 21)]:
        status, media, line = witness.add(log.growth(old, size))
        assert status == 200 and media.startswith("text/plain") and line.count("\n") == 1 and line.startswith("\u2014 witness.example/w1 ")
        kept = witness.newest()
        assert kept == log.checkpoint(size) + line and holds(tmp_path, kept, witness, log)
        assert holds(tmp_path, log.checkpoint(size) + line, witness, log) and not holds(tmp_path, log.checkpoint(size), witness, log)


@pytest.mark.parametrize("about, change, status", [
    ("malformed", lambda log: log.growth(3, 7).replace("old 3", "old 03"), 400), ("nothing", lambda log: "", 400),
    ("old over new", lambda log: log.growth(7, 7).replace("old 7", "old 8"), 400), ("unsigned", lambda log: log.growth(3, 7).split("\u2014")[0], 400),
    ("64 hashes", lambda log: log.growth(3, 7).replace("\n\n", "\n" + "\n".join(["A" * 43 + "="] * 60) + "\n\n", 1), 400),
    ("stranger's signature", lambda log: OwnLog(seed="another").growth(3, 7), 403), ("unknown log", lambda log: OwnLog("other.example/log").growth(3, 7), 404),
    ("behind", lambda log: log.growth(2, 7), 409), ("from nothing", lambda log: log.growth(0, 7), 409), ("ahead", lambda log: log.growth(5, 7), 409),
    ("no proof", lambda log: "old 3\n\n" + log.checkpoint(7), 422), ("same size, other root", lambda log: "old 3\n\n" + log.checkpoint(3, b"x" * 32), 422)])
def test_what_it_refuses_changes_nothing(witness, log, about, change, status):
    assert witness.add(log.growth(0, 3))[0] == 200
    before = witness.newest()
    given = witness.add(change(log))
    assert given[0] == status, given
    if status == 409:
        assert given[1:] == ("text/x.tlog.size", "3\n")
    assert witness.newest() == before


def test_first_checkpoints(witness, log):
    assert witness.add(f"old 0\n{'A' * 43}=\n\n{log.checkpoint(7)}")[0] == 422, "a proof from nothing"
    assert witness.add("old 0\n\n" + log.checkpoint(0, b"x" * 32))[0] == 422, "an empty tree with a root"
    assert witness.add(log.growth(1, 7))[::2] == (409, "0\n")
    assert witness.newest() is None
    assert witness.add(log.growth(0, 0))[0] == 200 and sizes_of(witness.newest())[1] == 0


def test_other_addresses_and_methods(witness):
    assert witness.get("/")[0] == witness.get("/add-checkpoint/")[0] == witness.get("/" + "A" * 64 + "/checkpoint")[0] == 404
    assert witness.get("/add-checkpoint")[0] == 405 and witness.send("POST", "/" + "0" * 64 + "/checkpoint", b"")[0] == 405
    assert witness.send("POST", "/add-checkpoint", b"x" * 300_000)[0] == 413


def test_rollback_by_one(witness, log):
    assert witness.add(log.growth(0, 8))[0] == 200
    assert witness.add(log.growth(7, 7))[::2] == (409, "8\n") and witness.add(log.growth(6, 7))[::2] == (409, "8\n")
    assert sizes_of(witness.newest())[1] == 8


def test_of_many_at_once_one_goes_through(witness, log):
    """Each step is claimed by eight requests for eight sizes: one is cosigned, seven are told its size."""
    size = 0
    for _ in range(int(os.environ.get("CH_ROUNDS", 12))):
        bodies = [log.growth(size, size + 1 + n) for n in range(8)]
        given = together(*[lambda body=body: witness.add(body) for body in bodies])
        assert sorted(status for status, _, _ in given) == [200] + [409] * 7
        winner = size + 1 + [status for status, _, _ in given].index(200)
        assert {int(text) for status, _, text in given if status == 409} == {winner}
        assert sizes_of(witness.newest())[1] == winner
        size = winner


def test_killed_at_any_moment_it_stays_with_what_it_answered(witness, log, tmp_path):
    seed = int(os.environ.get("CH_SEED", time.time()))
    print("seed", seed)
    dice, size, answered = random.Random(seed), 0, []
    for _ in range(int(os.environ.get("CH_ROUNDS", 15))):
        def grow(start=size):
            for step in range(200):
                try:
                    if witness.add(log.growth(start + step, start + step + 1))[0] == 200:
                        answered.append(start + step + 1)
                except OSError:
                    return
        thread = threading.Thread(target=grow, daemon=True)
        thread.start()
        time.sleep(dice.random() * 0.05)  # when it is killed is the draw
        witness.stop(kill=True)
        thread.join(30)
        witness.start()
        kept = witness.newest()
        known, size = max([size, *answered]), sizes_of(kept)[1] if kept else 0
        assert size in (known, known + 1), "no answer is forgotten, and at most one was not given"
        assert kept is None or holds(tmp_path, kept, witness, log)
    assert answered


def test_a_spoilt_state_is_no_beginning(witness, log):
    assert witness.add(log.growth(0, 8))[0] == 200
    path = next(witness.folder.glob("*.checkpoint"))
    path.write_text(path.read_text()[:40])
    assert witness.add(log.growth(0, 3))[0] == 500


# -- a trust with witnesses ----------------------------------------------------------------------------------------------

@pytest.fixture
def watched(stack, tmp_path):
    """A trust, two witnesses of it that run, one that takes connections and says nothing, and a quorum of two."""
    log_vkey = stack.trust(start=False)
    vkey = log_vkey.sql("SELECT vkey FROM log.key WHERE until_at IS NULL")[0][0]
    stack.release(log_vkey)
    pair = [Witness(tmp_path / f"w{n}", f"witness.example/w{n}", vkey).start() for n in (1, 2)]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        mute = Witness(tmp_path / "w3", "witness.example/w3", vkey)
        mute.url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        policy = tmp_path / "trust.policy"
        policy.write_text("".join(f"witness {made.name.rsplit('/', 1)[1]} {made.vkey} {made.url}\n" for made in (*pair, mute)) + "group two 2 w1 w2 w3\nquorum two\n")
        made = stack.trust(settings={"log": {"policy": str(policy)}}, sign_in=False)
        made.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test') ON CONFLICT DO NOTHING")
        yield made, pair, vkey
        if made in stack.trusts:
            stack.release(made)
    for one in pair:
        one.stop()


def cosigned(trust, names=("w1", "w2")):
    """The newest checkpoint, once these have cosigned it."""
    def found():
        newest = settled(trust)
        return newest if all(any(line.startswith(f"\u2014 witness.example/{name} ") for line in newest.signatures) for name in names) else None
    return eventually("the witnesses to cosign", found)


def test_checkpoints_are_cosigned_and_meet_the_policy(watched, tmp_path):
    trust, pair, vkey = watched
    first = cosigned(trust)
    begun = time.monotonic()
    add_leaves(trust, 300, "many")
    eventually("a checkpoint of them", lambda: settled(trust).size >= first.size + 300)
    assert time.monotonic() - begun < 30, "a silent witness holds nothing up"
    now = cosigned(trust)
    assert now.size >= first.size + 300 and now.verify(vkey) and len(now.signatures) == 3
    for one in pair:
        assert sizes_of(one.newest(LOG_NAME)) == (LOG_NAME, now.size)
    lines = trust.public.get("/log/policy").raw.decode().splitlines()
    assert lines[1] == f"log {vkey}" and lines[-2:] == ["group two 2 w1 w2 w3", "quorum two"] and lines[2].startswith("witness w1 witness.example/w1+")
    (tmp_path / "policy").write_text("\n".join(lines) + "\n")
    proof = trust.public.get("/log/proof/policy_test/many7").raw
    (tmp_path / "proof").write_bytes(proof)
    (tmp_path / "entry").write_bytes(bytes(trust.sql("SELECT bytes FROM log.entry WHERE object_id = 'many7'")[0][0]))
    told = [*VERIFY, "inclusion", tmp_path / "proof", "--entry", tmp_path / "entry", "--vkey", vkey, "--policy", tmp_path / "policy"]
    assert run(*told).splitlines() == ["ok form", "ok inclusion", "ok checkpoint", "ok policy"]
    kept = trust.sql("SELECT log.prove(index) FROM log.entry WHERE object_id = 'many7'")[0][0]
    assert kept.count("\u2014 witness.example/") == 2
    (tmp_path / "proof").write_text(kept)
    assert run(*told).splitlines()[-1] == "ok policy", "what is kept meets it too"
    (tmp_path / "proof").write_bytes(proof)
    assert trust.sql("SELECT count(*), min(reason) IS NOT NULL FROM log.witness WHERE failures > 0") == [(1, True)]
    (tmp_path / "proof").write_text("".join(line for line in proof.decode().splitlines(True) if "witness.example/w2" not in line))
    assert subprocess.run(told, capture_output=True, text=True).stdout.splitlines()[-1] == "FAIL policy 1 of the 2 that two needs have cosigned it"


def test_the_sequencer_never_waits_for_a_witness(stack, tmp_path):
    """One worker, and a witness that takes connections and says nothing: while it is asked, leaves come into the log."""
    asked = "SELECT max(id) FROM job.job WHERE kind = 'ask_witnesses' AND state = 'running' AND heartbeat_at IS NOT NULL"
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        policy, mute = tmp_path / "trust.policy", Witness(tmp_path / "w1", "witness.example/w1")
        policy.write_text(f"witness w1 {mute.vkey} http://127.0.0.1:{silent.getsockname()[1]}\nquorum none\n")
        trust = stack.trust(settings={"log": {"policy": str(policy)}, "common": {"workers": 1}}, sign_in=False)
        trust.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test') ON CONFLICT DO NOTHING")
        settled(trust)

        def grew_meanwhile(name):
            eventually("nobody to be asked", lambda: trust.sql(asked)[0][0] is None)
            trust.sql("UPDATE log.witness SET next_at = now()")
            job = eventually("the witness to be asked", lambda: trust.sql(asked)[0][0])
            before = trust.sql("SELECT max(size) FROM log.checkpoint")[0][0]
            add_leaves(trust, 1, name)
            eventually("a checkpoint", lambda: trust.sql("SELECT max(size) FROM log.checkpoint")[0][0] > before)
            return trust.sql(asked)[0][0] == job
        assert any(grew_meanwhile(f"meanwhile{n}") for n in range(5)), "each time the leaf waited until the witness was given up"
        stack.release(trust)


def test_a_witness_that_comes_back_gets_the_growth_it_missed(watched):
    trust, pair, _ = watched
    first = cosigned(trust)
    pair[1].stop()
    add_leaves(trust, 5, "missed")
    assert cosigned(trust, ["w1"]).size > first.size
    pair[1].start()
    trust.sql("UPDATE log.witness SET next_at = now()")
    assert cosigned(trust).size > first.size
    assert sizes_of(pair[1].newest(LOG_NAME))[1] > first.size


def test_a_witness_that_is_new_is_asked_when_the_worker_begins(stack, tmp_path):
    """Without a leaf: what is published already is cosigned."""
    policy = tmp_path / "trust.policy"
    policy.write_text("quorum none\n")
    made = stack.trust(settings={"log": {"policy": str(policy)}}, sign_in=False)
    before = settled(made)
    witness = Witness(tmp_path / "w1", "witness.example/w1", own_key(made)).start()
    made.stop()
    policy.write_text(f"witness w1 {witness.vkey} {witness.url}\nquorum w1\n")
    made.start()
    assert cosigned(made, ["w1"]).size == before.size
    witness.stop()
    stack.release(made)


def test_a_forged_answer_is_not_published(stack, tmp_path):
    """A witness with another key than the policy's: its lines are refused, and told in the log."""
    made = stack.trust(sign_in=False, start=False)
    vkey = made.sql("SELECT vkey FROM log.key WHERE until_at IS NULL")[0][0]
    true, other = Witness(tmp_path / "true", "witness.example/w1", vkey), Witness(tmp_path / "other", "witness.example/w1", vkey).start()
    policy = tmp_path / "trust.policy"
    policy.write_text(f"witness w1 {true.vkey} {other.url}\nquorum w1\n")
    stack.release(made)
    made = stack.trust(settings={"log": {"policy": str(policy)}}, sign_in=False)
    made.wait_logged("no cosignature of this checkpoint under its key")
    assert len(settled(made).signatures) == 1 and made.sql("SELECT count(*) FROM log.cosignature") == [(0,)]
    other.stop()
    stack.release(made)


def test_a_backup_that_witnesses_know_better_of_is_not_signed_on(stack, watched):
    """Database and checkpoint file are both put back: only the witnesses remember."""
    trust, pair, _ = watched
    old = cosigned(trust)
    eventually("the checkpoint file", lambda: trust.checkpoint_file.read_text() == Checkpoint(old.text).text.split("\u2014 witness")[0])
    kept_file = trust.checkpoint_file.read_text()
    trust.stop()
    copy_database(stack.admin, f"{trust.name}_old", trust.name)
    trust.start()
    add_leaves(trust, 5, "lost")
    new = cosigned(trust)
    assert new.size >= old.size + 5
    trust.stop()
    query(stack.admin, f"DROP DATABASE {trust.name} WITH (FORCE)")
    query(stack.admin, f"ALTER DATABASE {trust.name}_old RENAME TO {trust.name}")
    trust.checkpoint_file.write_text(kept_file)
    before = len(trust.log_text())
    trust.start("worker")
    trust.sql("SELECT log.append_leaf('grant', 'after', repeat('0', 64), '{}')")
    line = trust.wait_logged(REFUSES, before)
    assert str(old.size) in line and str(new.size) in line and "witness" in line
    trust.stop()
    old.text = kept_file
    assert_unsigned(trust, old)
    for one in pair:
        assert sizes_of(one.newest(LOG_NAME))[1] == new.size


def test_a_policy_that_cannot_be_read_stops_the_role(stack, tmp_path):
    policy = tmp_path / "bad.policy"
    policy.write_text("witness w1 nothing\nquorum w1\n")
    with pytest.raises(RuntimeError, match="line 1 of the policy"):
        stack.trust(settings={"log": {"policy": str(policy)}}, sign_in=False)
    stack.release(stack.trusts[-1])


def test_own_key_is_a_key_of_the_log(watched):
    trust, _, vkey = watched
    assert own_key(trust) == vkey

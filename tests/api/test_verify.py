# SPDX-License-Identifier: AGPL-3.0-or-later
"""`commonhold verify checkpoint | inclusion | consistency`: files of a log signed here in Python; each line of the report, each exit code, each doubt.
No service runs. Statements are in test_statements.py, what others' programs say of the log in test_third_party.py."""
import hashlib
import subprocess

import pytest

from stack import BIN
from test_log import tree_root
from witnessing import OwnLog, b64, consistency


@pytest.fixture
def log():
    return OwnLog()


@pytest.fixture
def verify(tmp_path, log):
    """Runs a command on texts: {file: text}; gives exit code and lines."""
    def told(kind, *arguments, key=log.vkey, **files):
        for name, text in files.items():
            (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        words = [tmp_path / word if word in files else word for word in arguments]
        done = subprocess.run([BIN / "commonhold", "verify", kind, *words, *(["--vkey", key] if key else [])], capture_output=True, text=True, timeout=60, cwd=tmp_path)
        return done.returncode, done.stdout.splitlines()
    return told


def names(lines):
    return [" ".join(line.split()[:2]) for line in lines]


# -- what holds ----------------------------------------------------------------------------------------------------------

def test_what_holds(verify, log):
    assert log.vkey == "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4"
    assert verify("checkpoint", "note", note=log.checkpoint(7)) == (0, ["ok form", "ok key", "ok signature"])
    assert verify("checkpoint", "note", note=log.checkpoint(0)) == (0, ["ok form", "ok key", "ok signature"])
    assert verify("checkpoint", "note", note=log.checkpoint(0, b"\1" * 32))[1][0].startswith("FAIL form")  # nothing has no other root
    for size in (1, 2, 7, 8, 33):
        for index in {0, size // 2, size - 1}:
            assert verify("inclusion", "proof", "--entry", "entry", proof=log.proof(index, size), entry=log.entry(index)) == (
                0, ["ok form", "ok inclusion", "ok checkpoint"])
    for old, size in ((0, 0), (0, 7), (1, 7), (3, 7), (4, 7), (4, 8), (7, 7), (6, 33)):
        assert verify("consistency", "growth", "--old", "old", growth=log.growth(old, size), old=log.checkpoint(old)) == (
            0, ["ok form", "ok old", "ok consistency", "ok checkpoint"]), (old, size)


def test_unknown_lines_and_a_second_key_do_no_harm(verify, log):
    other = OwnLog(seed="another")
    both = log.checkpoint(7) + other.checkpoint(7).split("\n\n")[1] + "\u2014 stranger.example/w AAAAAAAA\n"
    assert verify("checkpoint", "note", note=both)[0] == verify("checkpoint", "note", key=other.vkey, note=both)[0] == 0


def test_the_key_may_stand_in_a_policy(verify, log):
    policy = f"log {log.vkey}\nquorum none\n"
    assert verify("checkpoint", "note", "--policy", "policy", key=None, note=log.checkpoint(7), policy=policy) == (0, ["ok form", "ok key", "ok signature", "ok policy"])
    assert verify("checkpoint", "note", "--policy", "policy", key=None, note=log.checkpoint(7), policy="quorum none\n")[1][1].startswith("FAIL key")
    assert verify("inclusion", "proof", "--entry", "entry", "--policy", "policy", proof=log.proof(3, 7), entry=log.entry(3), policy=policy)[1][-1] == "ok policy"


@pytest.mark.parametrize("policy", [
    "log {other}\nquorum none\n", "witness w {witness}\nquorum w\n", "witness w {witness}\n", "quorum none", "quorum none\nquorum none\n", "log x\nquorum none\n", ""])
def test_a_policy_that_is_not_met_or_none_fails(verify, log, policy):
    public = hashlib.sha256(b"anybody").digest()
    # a point of the curve is not needed: no line of this key is there to be checked
    vkey = f"w.example+{hashlib.sha256(b'w.example' + bytes([10, 4]) + public).hexdigest()[:8]}+{b64(bytes([4]) + public)}"
    text = policy.format(other=OwnLog(seed="another").vkey, witness=vkey)
    code, lines = verify("checkpoint", "note", "--policy", "policy", note=log.checkpoint(7), policy=text)
    assert code == 1 and lines[:3] == ["ok form", "ok key", "ok signature"] and lines[3].startswith("FAIL policy ")


# -- what does not -------------------------------------------------------------------------------------------------------

ROOT7 = b64(tree_root(OwnLog().hashes(7)))


@pytest.mark.parametrize("about, change, failed", [
    ("extension line", lambda t: t.replace("\n\n", "\nextension\n\n"), "form"), ("CR LF", lambda t: t.replace("\n", "\r\n"), "form"),
    ("second origin", lambda t: t.replace("\n7\n", "\ncoop.example/other\n7\n"), "form"), ("trailing bytes", lambda t: t + "x", "form"),
    ("trailing line", lambda t: t + "\n", "form"), ("leading zero", lambda t: t.replace("\n7\n", "\n07\n"), "form"), ("no padding", lambda t: t.replace(ROOT7, ROOT7[:-1]), "form"),
    ("base64url", lambda t: t.replace(ROOT7, ROOT7.replace("/", "_").replace("+", "-")), "form"), ("stray bits", lambda t: t.replace(ROOT7, ROOT7[:-2] + "B="), "form"),
    ("no signature", lambda t: t.split("\u2014")[0], "form"), ("cut", lambda t: t[:-1], "form"), ("nothing", lambda t: "", "form"), ("not UTF-8", lambda t: t.encode() + b"\xff\n", "form"),
    ("another size", lambda t: t.replace("\n7\n", "\n8\n"), "signature"), ("another root", lambda t: t.replace(ROOT7, "A" * 43 + "="), "signature"),
    ("another origin", lambda t: t.replace("coop.example/ledger\n", "coop.example/other\n"), "key"), ("another's signature", lambda t: OwnLog(seed="another").checkpoint(7), "key"),
    ("one line that holds, one that does not", lambda t: t + t.split("\n\n")[1].replace("YKxM0RX", "YKxM0RY"), "signature")])
def test_a_checkpoint_in_doubt(verify, log, about, change, failed):
    code, lines = verify("checkpoint", "note", note=change(log.checkpoint(7)))
    assert code == 1 and f"FAIL {failed}" in names(lines), lines
    assert all(len(line.split()) > 2 for line in lines if line.startswith("FAIL")), "each says why"


@pytest.mark.parametrize("key", ["", "coop.example/ledger", "coop.example/ledger+00000000+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4",
                                 "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4=",
                                 "witness.example/w1+adfc189f+BDpAe+xIYD8KeyIElRHtpeBLTZdHdGDoSyqtlkze6+hZ", OwnLog("other.example/log").vkey])
def test_a_key_that_is_none_or_anothers(verify, log, key):
    code, lines = verify("checkpoint", "note", "--vkey", key, key=None, note=log.checkpoint(7))
    assert code == 1 and names(lines) == ["ok form", "FAIL key", "FAIL signature"]


@pytest.mark.parametrize("about, change, failed", [
    ("another entry", lambda p, e: (p, e + b" "), "inclusion"), ("an entry that is too long", lambda p, e: (p, e * 20000), "inclusion"),
    ("another index", lambda p, e: (p.replace("index 3", "index 2"), e), "inclusion"), ("index at the size", lambda p, e: (p.replace("index 3", "index 7"), e), "inclusion"),
    ("index with a zero", lambda p, e: (p.replace("index 3", "index 03"), e), "form"), ("no index", lambda p, e: (p.replace("index 3\n", ""), e), "form"),
    ("swapped hashes", lambda p, e: ("\n".join([*p.split("\n")[:2], p.split("\n")[3], p.split("\n")[2], *p.split("\n")[4:]]), e), "inclusion"),
    ("one hash more", lambda p, e: (p.replace("\n\n", "\n" + "A" * 43 + "=\n\n"), e), "inclusion"), ("one hash less", lambda p, e: ("\n".join([*p.split("\n")[:4], *p.split("\n")[5:]]), e), "inclusion"),
    ("a hash that is none", lambda p, e: (p.replace("\n\n", "\nAAAA\n\n"), e), "form"), ("no checkpoint", lambda p, e: (p.split("\n\n")[0] + "\n", e), "form"),
    ("another version", lambda p, e: (p.replace("@v1", "@v2"), e), "form"), ("trailing bytes", lambda p, e: (p + "x", e), "form"),
    ("another's checkpoint", lambda p, e: (OwnLog(seed="another").proof(3, 7), e), "checkpoint"),
    ("empty log with an entry", lambda p, e: ("c2sp.org/tlog-proof@v1\nindex 0\n\n" + OwnLog().checkpoint(0), e), "inclusion")])
def test_an_inclusion_in_doubt(verify, log, about, change, failed):
    proof, entry = change(log.proof(3, 7), log.entry(3))
    code, lines = verify("inclusion", "proof", "--entry", "entry", proof=proof, entry=entry)
    assert code == 1 and f"FAIL {failed}" in names(lines), lines


def test_extra_data_is_let_be(verify, log):
    for extra, code in (("extra AAAA\n", 0), ("extra AA\n", 1), ("extra AAAA\nextra AAAA\n", 1)):
        proof = log.proof(3, 7).replace("index", extra + "index")
        assert verify("inclusion", "proof", "--entry", "entry", proof=proof, entry=log.entry(3))[0] == code


@pytest.mark.parametrize("about, growth, old, failed", [
    ("another old size", lambda g: g.growth(4, 7), lambda g: g.checkpoint(3), "consistency"), ("no proof", lambda g: "old 3\n\n" + g.checkpoint(7), lambda g: g.checkpoint(3), "consistency"),
    ("one hash more", lambda g: g.growth(3, 7).replace("\n\n", "\n" + "A" * 43 + "=\n\n", 1), lambda g: g.checkpoint(3), "consistency"),
    ("proof from nothing", lambda g: g.growth(0, 7).replace("\n\n", "\n" + "A" * 43 + "=\n\n", 1), lambda g: g.checkpoint(0), "consistency"),
    ("64 hashes", lambda g: g.growth(3, 7).replace("\n\n", ("\n" + "A" * 43 + "=") * 60 + "\n\n", 1), lambda g: g.checkpoint(3), "form"),
    ("equal sizes, other roots", lambda g: g.growth(7, 7), lambda g: g.checkpoint(7, b"x" * 32), "consistency"), ("smaller", lambda g: g.growth(3, 3).replace("old 3", "old 7"), lambda g: g.checkpoint(7), "consistency"),
    ("fork", lambda g: g.growth(3, 7), lambda g: g.checkpoint(3, b"x" * 32), "consistency"), ("old of another log", lambda g: g.growth(3, 7), lambda g: OwnLog("other.example/log").checkpoint(3), "old"),
    ("old that is forged", lambda g: g.growth(3, 7), lambda g: g.checkpoint(3).replace("\n3\n", "\n2\n"), "old"), ("old that is none", lambda g: g.growth(3, 7), lambda g: "x", "old"),
    ("new that is forged", lambda g: g.growth(3, 7).replace("\n7\n", "\n6\n"), lambda g: g.checkpoint(3), "checkpoint"), ("leading zero", lambda g: g.growth(3, 7).replace("old 3", "old 03"), lambda g: g.checkpoint(3), "form"),
    ("swapped hashes", lambda g: g.growth(3, 7).replace(b64(consistency(g.hashes(7), 3)[0]), "?").replace(b64(consistency(g.hashes(7), 3)[1]), b64(consistency(g.hashes(7), 3)[0])).replace(
        "?", b64(consistency(g.hashes(7), 3)[1])), lambda g: g.checkpoint(3), "consistency")])
def test_a_growth_in_doubt(verify, log, about, growth, old, failed):
    code, lines = verify("consistency", "growth", "--old", "old", growth=growth(log), old=old(log))
    assert code == 1 and f"FAIL {failed}" in names(lines), lines


# -- exit codes ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, key, code", [
    (["note"], "", 64), ([], "k", 64), (["note", "note"], "k", 64), (["note", "--key", "x"], "k", 64), (["note", "--vkey"], "", 64),
    (["missing"], "k", 2), (["."], "k", 2), (["note", "--policy", "missing"], "k", 2), (["note"], "k", 0)])
def test_exit_codes_of_checkpoint(verify, log, arguments, key, code):
    assert verify("checkpoint", *arguments, key=log.vkey if key else None, note=log.checkpoint(7))[0] == code


def test_exit_codes_of_the_others(verify, log):
    files = {"proof": log.proof(3, 7), "entry": log.entry(3), "growth": log.growth(3, 7), "old": log.checkpoint(3)}
    assert verify("inclusion", "proof", **files)[0] == verify("consistency", "growth", **files)[0] == 64
    assert verify("inclusion", "proof", "--entry", "missing", **files)[0] == verify("consistency", "growth", "--old", "missing", **files)[0] == 2
    assert verify("inclusion", "proof", "--entry", "entry", key=None, **files)[0] == verify("consistency", "growth", "--old", "old", key=None, **files)[0] == 64
    assert verify("vote", **files)[0] == 64 and verify("vote", "missing", **files)[0] == verify("vote", "proof", **files)[0] == 2

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of what others say of the log: copies of witnesses (T3), their lines, the quorum and the timestamps (T4)."""
import base64
import hashlib
import subprocess

from anchors import GIVEN
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from faults import Fault, told
from faults_log import DASH, KEPT, log_key, origin_of, signed_text

OPTIONS = list(GIVEN)
#: Where time must pass: what else is late by then is other checks'.
LOG_ALONE = ["--checks", "T1,T2,T3,T4,T5"]
NAME = "witness.example/w1"


def witness_key(b, name="w1"):
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode((b.folder / "keys" / name).read_bytes()))


def cosigned(b, text, time=1767225600):
    """The checkpoint with a line of the first witness."""
    key, body = witness_key(b), text.split("\n\n")[0] + "\n"
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ident = hashlib.sha256(NAME.encode() + b"\n\4" + public).digest()[:4]
    signature = key.sign(f"cosignature/v1\ntime {time}\n{body}".encode())
    return f"{text}{DASH} {NAME} {base64.b64encode(ident + time.to_bytes(8, 'big') + signature).decode()}\n"


def copy(b, text, aspect, expected, found):
    """The first witness shows this."""
    return Fault(files={"witnesses/w1": text.encode()}, options=OPTIONS, expected=[told("T3", "witness", "w1", aspect, expected, found)])


def newest(b):
    return b.sql("SELECT size, encode(root, 'hex') FROM log.checkpoint ORDER BY size DESC LIMIT 1")[0]


def lines(b):
    """(size, vkey, line, seconds) of the first witness, newest first."""
    return b.sql("SELECT size, vkey, line, extract(epoch FROM time)::bigint FROM log.cosignature WHERE vkey LIKE 'witness.example/w1+%%' ORDER BY size DESC")


def line_of(size, vkey):
    return f"vkey = '{vkey}' AND size = {size}"


# -- T3: copies of witnesses -------------------------------------------------------------------

def witness_saw_a_longer_log(b):
    """What the log signed last was taken back before anybody but the witness saw it."""
    size, _ = newest(b)
    return copy(b, cosigned(b, signed_text(log_key(b), origin_of(b), size + 5, b"\1" * 32)), "size", str(size + 5), str(size))


def witness_was_shown_another_tree(b):
    size, root = newest(b)
    other = hashlib.sha256(b"another").digest()
    return copy(b, cosigned(b, signed_text(log_key(b), origin_of(b), size, other)), "root", other.hex(), root)


def witness_was_shown_another_beginning(b):
    """Of a size that is long past: the two logs have gone on apart."""
    size, root = b.sql("SELECT size, encode(root, 'hex') FROM log.checkpoint ORDER BY size LIMIT 1")[0]
    other = hashlib.sha256(b"another").digest()
    return copy(b, cosigned(b, signed_text(log_key(b), origin_of(b), size, other)), "root", other.hex(), root)


def copy_that_the_witness_did_not_cosign(b):
    text = (b.folder / "witnesses" / "w1").read_text()
    return copy(b, "".join(line for line in text.splitlines(True) if NAME not in line), "form", "a signed checkpoint", "the witness did not cosign it")


def copy_that_the_log_did_not_sign(b):
    size, root = newest(b)
    return copy(b, cosigned(b, signed_text(Ed25519PrivateKey.generate(), origin_of(b), size, bytes.fromhex(root))), "form", "a signed checkpoint",
                "it bears no signature of a key of this log")


# -- T4: lines of witnesses ----------------------------------------------------------------------

def witness_lines_dropped(b):
    """The newest of one witness."""
    (size, vkey, *_), (before, *_) = lines(b)[:2]
    return Fault(["log.cosignature"], [f"DELETE FROM log.cosignature WHERE {line_of(size, vkey)}"], [told("T4", "witness", vkey, "line", str(size), str(before))], options=OPTIONS)


def quorum_unmet_for_an_hour(b):
    """As if the witnesses had never been asked; and nobody else has heard of the lines."""
    found = "1 of the 2 that both needs have cosigned it"
    _, vkey, *_ = lines(b)[0]
    return Fault(["log.cosignature", "log.witness"], [f"DELETE FROM log.cosignature WHERE vkey = '{vkey}'", f"DELETE FROM log.witness WHERE vkey = '{vkey}'"],
                 [told("T4", "log", "policy", "quorum", "both", found)], options=[*OPTIONS, *LOG_ALONE, "--as-of", b.later(seconds=3700)])


def line_that_was_kept_is_gone(b):
    (size, vkey, line, _), (before, *_) = lines(b)[:2]
    name, text = f"{size:06d}", b.one("SELECT text FROM log.checkpoint WHERE size = %s", size)
    return Fault(["log.cosignature", "log.witness"], [f"DELETE FROM log.cosignature WHERE {line_of(size, vkey)}", f"UPDATE log.witness SET size = {before} WHERE vkey = '{vkey}'"],
                 [told("T4", "kept checkpoint", name, "cosignature of w1", "kept", "gone")], files={f"kept/{name}": (text + line).encode()}, options=[*OPTIONS, *KEPT])


def wrong_line(size, vkey, seconds):
    return told("T4", "checkpoint", str(size), f"cosignature of {vkey}", f"cosigned {seconds}", "wrong", total="bad_signature")


def lines_of_two_checkpoints_exchanged(b):
    (one, vkey, first, a), (other, _, second, z) = lines(b)[:2]
    return Fault(["log.cosignature"], [f"UPDATE log.cosignature SET line = '{second}' WHERE {line_of(one, vkey)}", f"UPDATE log.cosignature SET line = '{first}' WHERE {line_of(other, vkey)}"],
                 [wrong_line(one, vkey, a), wrong_line(other, vkey, z)])


def cosigned_at_another_time(b):
    """The line is as the witness gave it; what the table says of it is not."""
    size, vkey, _, seconds = lines(b)[0]
    return Fault(["log.cosignature"], [f"UPDATE log.cosignature SET time = time - interval '1 hour' WHERE {line_of(size, vkey)}"],
                 [told("T4", "checkpoint", str(size), f"cosignature of {vkey}", f"cosigned {seconds - 3600}", f"cosigned {seconds}", total="bad_signature")])


def cosigned_checkpoint_is_not_there(b):
    size, vkey, *_ = lines(b)[-1]
    return Fault(["log.cosignature"], [f"UPDATE log.cosignature SET root = sha256('another') WHERE {line_of(size, vkey)}"],
                 [told("T4", "cosignature", f"{size} by {vkey}", "checkpoint", "a checkpoint", "none")])


def another_log_than_the_policy_names(b):
    """The auditor knows another key of the log."""
    text = (b.folder / "policy").read_text()
    typed = b"\1" + Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = origin_of(b)
    ident = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    other = f"log {name}+{ident}+{base64.b64encode(typed).decode()}\n"
    return Fault(files={"policy": (other + text.split("\n", 1)[1]).encode()}, options=OPTIONS, expected=[
        told("T4", "log", "policy", "signature", "a log of the policy", "no log of the policy signed it")])


# -- T4: timestamps --------------------------------------------------------------------------------

NO_TOKEN = "not signed by the authority over this checkpoint"


def stamps(b):
    return b.sql("SELECT size::text, log.time_text(time) FROM log.timestamp ORDER BY size")


def wrong_token(size, expected, found=NO_TOKEN):
    return told("T4", "timestamp", size, "token", expected, found, total="bad_signature")


def tokens_of_two_checkpoints_exchanged(b):
    (one, a), (other, z) = stamps(b)[:2]
    return Fault(["log.timestamp"], [f"UPDATE log.timestamp AS t SET token = o.token FROM log.timestamp AS o WHERE t.size IN ({one}, {other}) AND o.size = {one} + {other} - t.size"],
                 [wrong_token(one, a), wrong_token(other, z)], options=OPTIONS)


def token_is_another_authoritys(b):
    """The certificates that this auditor trusts are not those it was signed under."""
    return Fault(files={"authority.pem": other_authority()}, options=OPTIONS, expected=[wrong_token(*stamp) for stamp in stamps(b)])


def other_authority():
    """A certificate of nobody."""
    return subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=nobody", "-days", "2"], capture_output=True, check=True).stdout


def close_that_nobody_stamped(b):
    """The tokens behind it are gone, a day and an hour later."""
    month, index = b.sql("SELECT object_id, index FROM log.entry WHERE type = 'period' ORDER BY index DESC LIMIT 1")[0]
    return Fault(["log.timestamp"], [f"DELETE FROM log.timestamp WHERE size > {index}"], [told("T4", "period", month, "timestamp", "a token", "none")],
                 options=[*OPTIONS, *LOG_ALONE, "--as-of", b.later(hours=25)])


def token_cut_short(b):
    size, at = stamps(b)[0]
    return Fault(["log.timestamp"], [f"UPDATE log.timestamp SET token = substr(token, 1, length(token) - 9) WHERE size = {size}"],
                 [wrong_token(size, at, "no token of RFC 3161")], options=OPTIONS)


def stamped_at_another_time(b):
    size, at = stamps(b)[0]
    earlier = b.one("SELECT log.time_text(time - interval '1 day') FROM log.timestamp WHERE size = %s", int(size))
    return Fault(["log.timestamp"], [f"UPDATE log.timestamp SET time = time - interval '1 day' WHERE size = {size}"], [wrong_token(size, earlier, at)], options=OPTIONS)


def stamped_checkpoint_is_not_there(b):
    size, _ = stamps(b)[0]
    return Fault(["log.timestamp"], [f"UPDATE log.timestamp SET root = sha256('another') WHERE size = {size}"],
                 [told("T4", "timestamp", size, "checkpoint", "a checkpoint", "none")], options=OPTIONS)


FAULTS = [witness_saw_a_longer_log, witness_was_shown_another_tree, witness_was_shown_another_beginning, copy_that_the_witness_did_not_cosign, copy_that_the_log_did_not_sign,
          witness_lines_dropped, quorum_unmet_for_an_hour, line_that_was_kept_is_gone, lines_of_two_checkpoints_exchanged, cosigned_at_another_time, cosigned_checkpoint_is_not_there,
          another_log_than_the_policy_names, tokens_of_two_checkpoints_exchanged, token_is_another_authoritys, close_that_nobody_stamped, token_cut_short, stamped_at_another_time, stamped_checkpoint_is_not_there]

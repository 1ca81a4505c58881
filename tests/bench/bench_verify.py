# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's statement out of a run of 1,000,000 lines and a log of 1,000,000 entries, made here with paths whose other hashes are drawn: what a member
verifies is as long as in the real thing. bench_verify.py FOLDER writes statement.json, rule.json, proof, entry and vkey there."""
import hashlib
import json
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "api")]

from test_log import leaf_hash, proven_root  # noqa: E402
from witnessing import OwnLog, b64  # noqa: E402

SIZE = 1_000_000
#: The last place: its path is the longest.
INDEX = 524_287
CONTRIBUTIONS = 500


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def path_to_root(dice, leaf):
    """A path that a tree of SIZE leaves has for INDEX, and the root it leads to."""
    length, last = 0, SIZE - 1
    number = INDEX
    while last:
        if number & 1 or number != last:
            length += 1
        number, last = number >> 1, last >> 1
    path = [dice.randbytes(32) for _ in range(length)]
    return path, proven_root(INDEX, SIZE, leaf, path)


def statement(dice, log):
    pot, member, run_id = 100_000_000_007, "01900000-0000-7000-8000-000000000001", "run-" + "0" * 32
    rule = {"schema": "benefit-rule/1", "rule": "main", "version": 1, "currency": "EUR", "remainder": "largest_remainder/sha256",
            "steps": [{"id": "reserve", "kind": "percent", "to": "Equity:Reserve:Legal", "of": "gross", "num": 15, "den": 100, "round": "up"},
                      {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "leftover_to": "Equity:Fund:Commons",
                       "parts": [{"share": 1, "weight": "usage", "then": "contribution"}]}]}
    reserve = -(-pot * 15 // 100)
    rest, whole = pot - reserve, 3 * 10 ** 12 + 1
    rows = []
    for number in range(CONTRIBUTIONS):
        weight = dice.randrange(1, 10 ** 7)
        quotient, remainder = divmod(rest * weight, whole)
        about = {"contribution": f"01900000-0000-7000-8000-{number:012x}", "extra": "0", "frozen": None, "part": "0", "amount": str(quotient)}
        rows += [{**about, "level": "contribution", "total": str(rest), "weight": str(weight), "weight_total": str(whole), "quotient": str(quotient), "remainder": str(remainder)},
                 {**about, "level": "contributor", "total": str(quotient), "weight": "1", "weight_total": "1", "quotient": str(quotient), "remainder": "0"}]
    amount = sum(int(row["amount"]) for row in rows if row["level"] == "contributor")
    line = {"amount": amount, "id": member, "steps": [{"amount": amount, "id": "people"}]}
    salt = dice.randbytes(32)
    path, lines_root = path_to_root(dice, leaf_hash(salt + canonical(line).encode()))
    result = hashlib.sha256(b"result").hexdigest()
    entry = {"v": 1, "type": "run_result", "id": run_id, "at": "2026-02-03T04:05:06Z", "prev": -1, "sha256": result,
             "body": {"pot": pot, "count": SIZE, "currency": "EUR", "lines_root": lines_root.hex(), "numbered_size": 7, "total": rest}}
    hashes, root = path_to_root(dice, leaf_hash(canonical(entry).encode()))
    proof = f"c2sp.org/tlog-proof@v1\nindex {INDEX}\n" + "".join(b64(h) + "\n" for h in hashes) + "\n" + log.checkpoint(SIZE, root)
    step = {"shortfall": False}
    steps = [{**step, "id": "reserve", "kind": "percent", "to": "Equity:Reserve:Legal", "base": pot, "wanted": reserve, "amount": reserve, "remaining": rest, "rule": rule["steps"][0]},
             {**step, "id": "people", "kind": "split", "to": "Equity:Fund:Commons", "base": rest, "wanted": rest, "amount": rest, "remaining": 0, "leftover": 0, "rule": rule["steps"][1],
              "parts": [{"amount": rest, "weight_total": str(whole), "extra": 1, "cutoff": {"remainder": str(whole - 1), "tie": "0" * 64}}]}]
    trace = {"schema": "distribution-trace/1", "run_id": run_id, "recipient": member, "result_hash": result,
             "steps": [{"id": "reserve", "kind": "percent", "amount": 0, "rows": []}, {"id": "people", "kind": "split", "amount": amount, "rows": rows}]}
    made = {"schema": "member-statement/1", "run_id": run_id, "member": member, "currency": "EUR", "rule_sha256": hashlib.sha256(canonical(rule).encode()).hexdigest(),
            "result_hash": result, "lines_root": lines_root.hex(), "pot": pot, "rail_fees": 0, "carried": 0, "amount": amount, "total": rest, "index": INDEX, "count": SIZE,
            "balances": {}, "funds": [{"to": "Equity:Reserve:Legal", "amount": reserve}], "steps": steps, "trace": trace, "path": [h.hex() for h in path], "line": line,
            "salt": salt.hex(), "entry": entry, "proof": proof}
    return made, rule


def main(folder):
    log, dice = OwnLog(), random.Random(7)
    made, rule = statement(dice, log)
    (folder / "statement.json").write_text(canonical(made))
    (folder / "rule.json").write_text(canonical(rule))
    (folder / "proof").write_text(made["proof"])
    (folder / "entry").write_text(canonical(made["entry"]))
    (folder / "vkey").write_text(log.vkey)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

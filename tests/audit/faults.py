# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a fault: one thing that somebody with the server's files changed, and all that the auditor says to it.

A table of faults is a module faults_<area>.py with a list FAULTS of functions. Each takes the copy of the base that it will spoil (Books of
tests/api/auditing.py: sql, one, folder) and returns one Fault; the function's name is the fault's. test_faults.py does the rest, for every fault
alone: a fresh copy, the change, an incremental audit with --sweep all, a full one, the undoing, an audit that is clean again.

    def balance_edited(b):
        minor = b.one("SELECT minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path = 'Equity:Fund:Commons'")
        return Fault(["payout.balance"], ["UPDATE payout.balance ..."],
                     [told("L2", "account", "Equity:Fund:Commons", "balance", str(minor), str(minor - 5), -5, "trust")])

    def entry_missing_in_the_file(b):
        return Fault(files={"statements/0002.xml": spoiled}, options=["--statements", "{folder}/statements"], expected=[...])

The base is base.py's scenario, a minute or so old; `b.folder` holds statements/NNNN.xml (the treasurer's bank files, in the order of their import),
tiles/ (checkpoint, keys, tile/<L>/<N>, tile/entries/<N>, as they are served) and kept/<size> (checkpoints that an auditor kept on the way). Every
audit of a fault is given --as-of the base's own time, so that nothing grows old while the tests run: what is due is judged by the audit's as_of
(struct audit, as_of), never by the clock. A fault of lag may give a later one in `options` ("--as-of", b.later(days=40)); what then is due besides it
is listed too.

`expected` is everything, of all checks: where one change must trip two, both are listed in full. Text and numbers may be compiled patterns. The
totals follow from it: a delta above zero is a gain, below zero a loss, each by itself; `total` names another one (lag, bad_signature,
misattributed), whose count is the findings and whose sum the absolute deltas.
"""
import dataclasses
import re
import typing

#: Where a hash is expected that the test does not compute itself.
HEX = re.compile("[0-9a-f]{64}")


class Told(typing.NamedTuple):
    """A finding as a report tells it, times and the words for people aside. `delta` and `direction` only where money moved."""
    check: str
    object_type: str
    object: str
    aspect: str
    expected: str
    found: str
    delta: int = None
    direction: str = None
    total: str = None


def told(check, object_type, name, aspect, expected, found, delta=None, direction=None, total=None):
    return Told(check, object_type, name, aspect, expected, found, delta, direction, total)


def redefined(relation, kind="table"):
    """What G2 says of a table whose definition a fault had to change (a unique index that stood in its way, dropped in `statements` and made
    again in `undo`)."""
    return told("G2", kind, relation, "definition", HEX, HEX)


@dataclasses.dataclass(frozen=True)
class Fault:
    #: Tables whose rows change: their triggers and check constraints are off for the change, their rows are put back afterwards.
    tables: typing.Sequence = ()
    #: SQL, each of which must change something.
    statements: typing.Sequence = ()
    expected: typing.Sequence = ()
    #: Files below the folder of the base (statements/, tiles/, kept/) with other bytes; None: the file is gone.
    files: typing.Mapping = dataclasses.field(default_factory=dict)
    #: What is given to every audit of this fault beside the mode; {folder} stands for the folder of its files.
    options: typing.Sequence = ()
    #: SQL that takes back what is no row.
    undo: typing.Sequence = ()

    @property
    def told(self):
        """What is expected, in the order of a report."""
        return sorted((Told(*t) for t in self.expected), key=lambda t: [getattr(x, "pattern", x) for x in t[:4]])

    @property
    def exit_code(self):
        """1 with a loss or a breach, 2 with lag alone."""
        return 2 if all(t.total == "lag" for t in self.told) else 1

    @property
    def totals(self):
        """{(check, name): (sum, count)} of the totals that are not zero."""
        out = {}
        for t in self.told:
            name = t.total or (t.delta and ("gain" if t.delta > 0 else "loss"))
            if name:
                minor, count = out.get((t.check, name), ("0", 0))
                out[t.check, name] = (str(int(minor) + abs(t.delta or 0)), count + 1)
        return out


def agree(found, expected):
    """Whether the findings are the expected ones."""
    return len(found) == len(expected) and all(agrees(f, e) for f, e in zip(found, expected))


def agrees(finding, expected):
    return all(e.fullmatch(f) if isinstance(e, re.Pattern) else f == e for f, e in zip(finding[:8], expected[:8]))

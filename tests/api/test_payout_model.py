# SPDX-License-Identifier: AGPL-3.0-or-later
"""Random lives of a trust's money through the real services, beside the model of tests/reference/ledger_model.py: after every event every balance is
compared, and the sum with zero. What must be refused is refused with the outcome the specification names and changes nothing.

CH_EVENTS: how many events (thousands, by hand); CH_SEED: which life; CH_SHRINK: seconds to look for a shorter life that fails too."""
import collections
import os
import time

import pytest

from life import Frame
from life_billing import Billing
from life_paying import Paying
from living import Trust

EVENTS = int(os.environ.get("CH_EVENTS", "250"))
SEED = int(os.environ.get("CH_SEED", "20260512"))
SHRINK = float(os.environ.get("CH_SHRINK", "60"))


#: Events that only ever try what nobody may.
MEANT_TO_BE_REFUSED = {"somebody_else_tries", "same_key_other_body", "invoice_is_issued_again", "explained_entry_is_assigned"}


class Life(Frame, Billing, Paying):
    pass


def live(stack, seed, numbers):
    """A life of the events of these numbers; (history, what failed)."""
    trust = Trust(stack)
    life = Life(trust, seed)
    number = None
    try:
        for number in numbers:
            life.step(number)
        life.audit()
        return life, None, None
    except Exception as failure:  # pylint: disable=broad-except
        life.last += "".join(f"\n{line}" for line in trust.trust.log_text().splitlines()[-40:] if "level=info" not in line)
        return life, number, failure
    finally:
        trust.close()


def shorter(stack, seed, numbers, life, failure):
    """Leaves out halves, quarters, ... of the events while the life still fails the same way, as long as there is time."""
    end, size = time.monotonic() + SHRINK, max(1, len(numbers) // 2)
    while size and time.monotonic() < end:
        at = 0
        while at < len(numbers) - 1 and time.monotonic() < end:
            fewer = numbers[:at] + numbers[at + size:]
            other, last, found = live(stack, seed, fewer)
            if found is not None and type(found) is type(failure) and str(found)[:24] == str(failure)[:24]:
                numbers, life = fewer[:fewer.index(last) + 1], other
            else:
                at += size
        size //= 2
    return numbers, life


def test_random_life(stack):
    print(f"CH_SEED={SEED} CH_EVENTS={EVENTS}")
    start = time.monotonic()
    life, number, failure = live(stack, SEED, list(range(EVENTS)))
    if failure is None:
        counts = collections.Counter(line.split(": ")[1] for line in life.history if ": refused" not in line)
        refused = sum(": refused" in line for line in life.history)
        print(f"{len(life.history)} events in {time.monotonic() - start:.1f} s, {refused} of them refused, {len(life.books.journal)} transactions, "
              f"{len(life.books.figures())} accounts not zero\n{dict(counts.most_common())}")
        # long lives see everything
        assert EVENTS < 2000 or {name for name, _ in life.deeds} - MEANT_TO_BE_REFUSED <= set(counts)
        return
    numbers, life = shorter(stack, SEED, list(range(number + 1)), life, failure)
    pytest.fail(f"CH_SEED={SEED}, event {number}: {failure}\nshortest life found, {len(numbers)} events {numbers}:\n" + "\n".join(life.history) + f"\n{life.last}: {failure!r}")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor against faults: of one base, made by driving the real services, one thing at a time is changed behind their back; the audit must say
exactly what, in both modes, and be silent again when it is undone. Every check must be tripped by something, nothing by what it does not list."""
import concurrent.futures
import importlib
import pathlib
import re

import pytest

import anchors
from auditing import AUDIT, Books, is_clean, is_told, looked_at
from stack import ROOT

HERE = pathlib.Path(__file__).parent
FAULTS = [fault for path in sorted(HERE.glob("faults_*.py")) for fault in importlib.import_module(path.stem).FAULTS]
CHECKS = re.findall(r'^    \{"([A-Z0-9-]+)", "(?:loss|breach|lag)", ', (ROOT / "services" / "audit" / "main.c").read_text(), re.M)
#: These have bases of their own: test_governance_faults.py, test_licensing_faults.py, test_metering_faults.py.
ELSEWHERE = ("GOV-", "LIC-", "MET-")
#: Most of a fault is waiting for the database.
AT_ONCE = 3
#: What an auditor can be given beside the database.
GIVEN = ("--statements", "{folder}/statements", "--tiles", "{folder}/tiles", "--kept", "{folder}/kept", *anchors.GIVEN, "--exports")


def prove(base, number, fault, folder):
    books = base.copy(f"audit_fault_{number}")
    try:
        return is_told(books, fault, folder)
    finally:
        books.drop()


@pytest.fixture(scope="module")
def proofs(request, base, tmp_path_factory):
    """{name of a fault: the checks that it fired, some time}: of those that were asked for, some at once."""
    asked = {item.callspec.params["fault"].__name__: item.callspec.params["fault"] for item in request.session.items if getattr(item, "originalname", "") == "test_a_fault_is_told"
             and item.module is request.module}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(prove, base, number, fault, tmp_path_factory.mktemp(name)) for number, (name, fault) in enumerate(asked.items())}
        pool.shutdown(cancel_futures=True)


def test_the_base_is_clean(base):
    """In both modes, with everything an auditor can be given."""
    given = [option.format(folder=base.folder) for option in GIVEN]
    for mode in ("--full", "--incremental"):
        report = is_clean(base, mode, *given)
    assert [t for t in report["totals"] if t["minor"] != "0" or t["count"]] == []
    report = is_clean(base, "--full", "--strict", *given)
    assert [check for check in CHECKS if looked_at(report, check) == 0 and not check.startswith(ELSEWHERE)] == [], "nothing to look at"


def test_no_name_stands_for_two_faults():
    names = [fault.__name__ for fault in FAULTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_told(proofs, fault):
    proofs[fault.__name__].result()


def test_every_check_fired(proofs):
    """The coverage: fault by check."""
    if len(proofs) < len(FAULTS):
        pytest.skip("only some faults were run")
    fired = {name: proof.result() if proof.exception() is None else ["FAILED"] for name, proof in proofs.items()}
    for name, said in sorted(fired.items()):
        print(f"{name:50} {' '.join(said)}")
    assert [check for check in CHECKS if not check.startswith(ELSEWHERE) and not any(check in said for said in fired.values())] == [], "never fired"


@pytest.fixture(scope="module")
def empty(stack):
    books = Books(stack.admin, "audit_empty", "template_trust")
    yield books
    books.drop()


@pytest.fixture(scope="module")
def lonely(stack):
    """A trust of one member: the other founders have left."""
    trust = stack.trust(sign_in=False)
    trust.stop()
    one, *others = [m for m, in trust.sql("SELECT member_id::text FROM governance.standing ORDER BY 1")]
    for member in others:
        trust.sql("SELECT (governance.leave_membership(%s, %s)).outcome", member, member)
    books = Books(stack.admin, "audit_lonely", trust.name)
    stack.release(trust)
    yield books.stop_clock()
    books.drop()


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("trust", ["empty", "lonely"])
def test_a_check_finds_nothing_where_nothing_is(request, trust, check):
    books = request.getfixturevalue(trust)
    for mode in ("--full", "--incremental"):
        is_clean(books, mode, "--checks", check)


def test_every_check_is_documented():
    page = (ROOT / "docs" / "audit.md").read_text()
    assert AUDIT.exists() and [check for check in CHECKS if not re.search(rf"^\| [^|]*\b{check}\b", page, re.M)] == []

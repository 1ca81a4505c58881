# SPDX-License-Identifier: AGPL-3.0-or-later
"""The checks of the log share one pass; each that is asked for alone tells what it tells beside the others."""
import pytest

import faults_log
from auditing import is_clean, spoiled_files, told_in
from faults import agree, told


@pytest.mark.parametrize("check, fault", [("T1", "tile_edited"), ("T1", "root_edited"), ("T3", "forked"), ("T4", "signed_by_an_unknown_key"), ("T5", "rolled_back")])
def test_a_check_alone(books, tmp_path, check, fault):
    made = getattr(faults_log, fault)(books)
    spoiled_files(books, made, tmp_path)
    options = [option.replace("{folder}", str(tmp_path if made.files else books.folder)) for option in made.options]
    books.change(made.tables, *made.statements)
    code, report = books.audit("--full", "--checks", check, *options)
    assert code == 1 and agree(told_in(report), [finding for finding in made.told if finding.check == check]), report["findings"]
    books.undo(made.tables)
    if not made.files:
        is_clean(books, "--incremental", "--sweep", "all", "--checks", check, *options)


def test_only_a_log_that_was_looked_at_whole_is_kept(books, tmp_path):
    for checks in ("T5", "T1,T3,T4"):
        is_clean(books, "--full", "--checks", checks, "--kept", str(tmp_path))
        assert list(tmp_path.iterdir()) == []
    is_clean(books, "--full", "--checks", "T1,T3,T4,T5", "--kept", str(tmp_path))
    size, text, lines = books.sql("SELECT size, text, (SELECT count(*) FROM log.cosignature AS s WHERE s.size = c.size) FROM log.checkpoint AS c ORDER BY size DESC LIMIT 1")[0]
    kept, = tmp_path.iterdir()
    assert kept.name == f"{size:06d}" and kept.read_text().startswith(text) and kept.read_text().count("\u2014 witness.example/") == lines == 2


def test_what_was_published_is_stamped_within_eight_days(books):
    """The worker stamps weekly; after a day more its auditor asks why it did not."""
    newest, stamped = books.sql("SELECT (SELECT max(size)::text FROM log.checkpoint), (SELECT max(size)::text FROM log.timestamp)")[0]
    given = ["--full", "--checks", "T4", "--timestamp-ca", str(books.folder / "authority.pem")]
    assert newest != stamped
    is_clean(books, *given, "--as-of", books.later(days=7))
    code, report = books.audit(*given, "--as-of", books.later(days=8, minutes=10))
    assert (code, told_in(report)) == (1, [told("T4", "log", "timestamps", "size", newest, stamped)])

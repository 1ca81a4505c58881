# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the compiler does not see: sizes, layering, banned calls, and lists that must agree with one another."""
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROLES = ["governance", "licensing", "metering", "payout", "log", "portal"]
FILES = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                       check=True).stdout.split("\n")
FILES = [f for f in FILES if f and (ROOT / f).is_file()]
C_FILES = [f for f in FILES if f.endswith((".c", ".h"))]
OWN_C = [f for f in C_FILES if f.startswith(("common/", "services/", "include/"))]
SQL_FUNCTIONS = [f for f in FILES if re.fullmatch(r"sql/functions/\w+/\w+\.sql", f)]
TEXT = {f: (ROOT / f).read_text(errors="replace") for f in FILES if f.endswith(
    (".c", ".h", ".def", ".sql", ".sh", ".py", ".mk", ".md", ".yaml", ".ini", ".awk", ".mjs", ".js")) or f in ("Makefile", ".ci/run")}


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)


CODE = {f: without_comments(TEXT[f]) for f in C_FILES}


def functions(name):
    """(name, lines) of each function: from the brace in column 0 to the closing one."""
    start, found, head = None, [], ""
    for number, line in enumerate(TEXT[name].split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            found.append((head, number - start + 1))
            start = None
        elif line and line[0].isalpha():
            match = re.search(r"(\w+)\(", line)
            head = match.group(1) if match else head
    return found


def check_format():
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", *C_FILES], cwd=ROOT, capture_output=True, text=True)
    return sorted({line.split(":")[0] for line in result.stderr.split("\n") if "error:" in line})


def check_spdx():
    kinds = (".c", ".h", ".def", ".sql", ".sh", ".py", ".mk", ".awk", ".mjs", ".js")
    return [f for f in FILES if f.endswith(kinds) and "SPDX-License-Identifier: AGPL-3.0-or-later" not in TEXT[f][:200]]


def check_guards():
    return [f for f in C_FILES if f.endswith(".h") and not re.search(r"#ifndef (\w+)\n#define \1\n", TEXT[f])]


BANNED = (r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|system|tmpnam|mktemp|alloca)\s*\(")


def check_banned_calls():
    return [f"{f}: {m.group(1)}" for f in OWN_C for m in re.finditer(BANNED, CODE[f])]


def check_blocking_libpq():
    """HTTP roles never block: blocking libpq belongs to the worker's twin, the auditor and the command line."""
    blocking = r"\b(PQexec|PQexecParams|PQexecPrepared|PQprepare|PQconnectdb|PQgetCopyData|PQputCopyData)\s*\("
    allowed = re.compile(r"common/(db|db_\w+|pool_copy|migrate\w*|worker\w*|job\w*)\.c|services/(audit|cli)/.*|services/\w+/(found|commands|cli)\w*\.c"
                         r"|services/\w+/job_\w+\.c|services/\w+/ingest\w*\.c")
    return [f"{f}: {m.group(1)}" for f in OWN_C if not allowed.fullmatch(f) for m in re.finditer(blocking, CODE[f])]


def check_core_is_pure():
    bad = []
    for f in OWN_C:
        if "/core/" not in f:
            continue
        bad += [f"{f}: {m.group(0)}" for m in re.finditer(
            r'#include [<"](libpq-fe|event2/|curl/|commonhold/(db|http|service|job|fetch|log|config|migrate|cli)\.h|unistd|fcntl|sys/socket)[^\n]*',
            CODE[f])]
        bad += [f"{f}: {m.group(0)}" for m in re.finditer(r"\b(fopen|time\(NULL\)|clock_gettime|gettimeofday|getenv|printf\s*\()", CODE[f])
                if not re.search(r"[sf]n?printf\s*\($", CODE[f][:m.end()])]
    return bad


def check_layers():
    bad = []
    for f in OWN_C:
        for m in re.finditer(r'#include "([^"]+)"', CODE[f]):
            target = m.group(1)
            if f.startswith("common/") and "services/" in target:
                bad.append(f"{f} includes {target}")
            if f.startswith("services/") and f.count("/") >= 2:
                role = f.split("/")[1]
                other = re.search(r"\.\./(\w+)/", target)
                if other and other.group(1) in ROLES and other.group(1) != role and role != "cli":
                    bad.append(f"{f} includes {target}")
            if f.startswith("include/") and not target.startswith("commonhold/"):
                bad.append(f"{f} includes {target}")
    return bad


def check_auditor_is_apart():
    allowed = re.compile(r'commonhold/(json|crypto|arena|id|cli|tlog|cosign|fetch)\.h')
    return [f"{f}: {m.group(1)}" for f in OWN_C if f.startswith("services/audit/")
            for m in re.finditer(r'#include "([^"]+)"', CODE[f])
            if "/" in m.group(1) and not allowed.match(m.group(1)) and m.group(1).startswith(("commonhold/", "../"))
            and not m.group(1).startswith(("../audit", "../verify"))]


def check_money():
    bad = [f"{f}: minor_" for f in C_FILES if f not in ("common/money.c", "include/commonhold/money.h") and "minor_." not in CODE[f]
           and re.search(r"(\.|->)(minor_|currency_)\b", CODE[f])]
    return bad + [f"{f}: floating point" for f in OWN_C if re.match(r"services/(payout|governance)/core/|common/money", f)
                  and re.search(r"\b(double|float)\b", CODE[f])]


def check_lengths():
    bad = [f"{f}: {TEXT[f].count(chr(10))} lines, over 600" for f in C_FILES if TEXT[f].count("\n") > 600]
    bad += [f"{f}: {name} has {size} lines, over 70" for f in C_FILES for name, size in functions(f) if size > 70]
    bad += [f"{f}: {TEXT[f].count(chr(10))} lines, over 120" for f in SQL_FUNCTIONS if TEXT[f].count("\n") > 120]
    sizes = sorted(size for f in OWN_C for _, size in functions(f))
    if sizes:
        median, ninth = statistics.median(sizes), sizes[int(len(sizes) * 0.9)]
        print(f"# {len(sizes)} functions: median {median:g} lines, 90th percentile {ninth}, longest {sizes[-1]}")
        if median > 15 or ninth > 50:
            bad.append(f"median {median:g} (at most 15), 90th percentile {ninth} (at most 50)")
    return bad


def check_sql_functions():
    bad = []
    for f in SQL_FUNCTIONS:
        schema, name = f.split("/")[2], pathlib.Path(f).stem
        text = TEXT[f]
        if not re.search(r"-- Purpose: .*\n(-- .*\n)*?-- Outcomes: .*\n(-- .*\n)*?-- Locks: ", text):
            bad.append(f"{f}: no comment block Purpose, Outcomes, Locks")
        # A body that is bound when the function is made asks no path later on.
        if "SET search_path = pg_catalog, pg_temp" not in text and not re.search(r"^RETURN ", text, re.M):
            bad.append(f"{f}: search_path is not pinned")
        made = re.findall(r"CREATE OR REPLACE FUNCTION (\w+)\.(\w+)", text)
        if made != [(schema, name)]:
            bad.append(f"{f}: makes {made}")
    return bad


def sql_body(name):
    """Statements of an SQL function without comments, and its parameters in front."""
    return re.sub(r"--[^\n]*", "", TEXT[name])


def check_repeats_are_never_refused():
    """A function that keeps answers looks for the kept one before anything can refuse."""
    bad = []
    for f in SQL_FUNCTIONS:
        body = sql_body(f)
        if f.startswith("sql/functions/log/") or not re.search(r"log\.(replay|remember)\(", body):
            continue
        before, found, after = body.partition("log.replay(")
        if not found:
            bad.append(f"{f}: log.remember without log.replay")
        elif re.search(r"\bRETURN\b", before.split("$$", 1)[-1]):
            bad.append(f"{f}: a RETURN stands before log.replay")
        elif not re.match(r".*?\bIF (\w+)\.outcome IS NOT NULL THEN\s+RETURN\b[^;]*\b\1\b", after.split("BEGIN", 1)[-1], flags=re.S) \
                or re.search(r"\bRETURN\b", after.split("BEGIN", 1)[-1].split(".outcome IS NOT NULL", 1)[0]):
            bad.append(f"{f}: the kept answer is not what BEGIN returns first")
    return bad


def slugs_listed():
    return re.findall(r"^CH_OUTCOME(?:_TOLD)?\((\w+),", TEXT["include/commonhold/errors.def"], flags=re.M)


def slugs_used():
    used = {}
    for f, text in TEXT.items():
        if f.startswith("sql/functions/"):
            for m in re.finditer(r"log\.(?:answer|refusal)\(\s*'(\w+)'", text):
                used.setdefault(m.group(1), f)
        elif f in OWN_C and "/core/" not in f:
            for m in re.finditer(r'\b(?:ch_reply|ch_refuse|\w+_reply_\w+)\(\s*\w+(?:->\w+)?,\s*"(\w+)"', CODE[f]):
                used.setdefault(m.group(1), f)
    return used


def check_outcomes():
    listed, used = slugs_listed(), slugs_used()
    everything = "\n".join(t for f, t in TEXT.items() if f.startswith(("sql/", "services/", "common/")))
    bad = [f"{slug} ({where}) is not in errors.def" for slug, where in used.items() if slug not in listed]
    bad += [f"{slug} is listed twice" for slug in set(listed) if listed.count(slug) > 1]
    return bad + [f"{slug} is in errors.def and used nowhere" for slug in listed
                  if not re.search(rf"['\"]{slug}['\"]", everything)]


def routes_of(role):
    name = f"services/{role}/service.c"
    found = re.findall(r'\{\s*CH_(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS),\s*"([^"]+)"', CODE.get(name, ""))
    return {(method.lower(), re.sub(r"\{(\w+)\.\.\.\}", r"{\1}", path)) for method, path in found}


def documented(role):
    found, path = set(), None
    for line in TEXT.get(f"docs/api/{role}.yaml", "").split("\n"):
        match = re.match(r"  ['\"]?(/[^'\"]*?)['\"]?:\s*$", line)
        if match:
            path = match.group(1)
        match = re.match(r"    (get|post|put|patch|delete|head|options):", line)
        if match and path:
            found.add((match.group(1), path))
        if re.match(r"\w", line) and not line.startswith("paths"):
            path = None
    return found


def check_api_documents():
    bad = []
    for role in ROLES:
        routes, documents = routes_of(role), documented(role)
        bad += [f"{role}: {m.upper()} {p} is not in docs/api/{role}.yaml" for m, p in sorted(routes - documents)]
        bad += [f"{role}: docs/api/{role}.yaml has {m.upper()} {p}, which is no route" for m, p in sorted(documents - routes)]
    return bad


def config_keys():
    for section, name in [("common", "common/config_common.c")] + [(r, f"services/{r}/service.c") for r in ROLES]:
        for m in re.finditer(r'\{\s*"(\w+)",\s*CH_CONFIG_', CODE.get(name, "")):
            yield section, m.group(1)


def check_configuration():
    example, manual = TEXT.get("deploy/commonhold.ini", ""), TEXT.get("docs/operations.md", "")
    bad = []
    for section, key in config_keys():
        part = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", example, flags=re.M | re.S)
        if not part or not re.search(rf"^[#;]?\s*{key}\s*=", part.group(1), flags=re.M):
            bad.append(f"[{section}] {key} is not in deploy/commonhold.ini")
        if f"`{section}.{key}`" not in manual:
            bad.append(f"`{section}.{key}` is not in docs/operations.md")
    return bad


def check_sources_listed():
    """Each source stands in a sources.mk by its whole path: one grep finds where a file goes."""
    lists = {f: t for f, t in TEXT.items() if f.endswith("sources.mk")}
    listed = "\n".join(lists.values()) + TEXT["Makefile"]
    made_up = [f"{f}: {m.group(0)}...): list each file by its path" for f, t in lists.items()
               for m in re.finditer(r"\$\((addprefix|addsuffix|wildcard|patsubst|foreach)\b", t)]
    return made_up + [f for f in C_FILES if f.endswith(".c") and f.startswith(("common/", "services/")) and f not in listed] + [
        f for f in C_FILES if re.fullmatch(r"tests/unit/test_\w+\.c", f) and pathlib.Path(f).stem not in listed]


def check_documents_exist():
    """A page that a comment names is there; the specification's pages are listed in docs/specification.md."""
    pages = {f for f in FILES if f.endswith(".md")}
    named = {m.group(1) for m in re.finditer(r"^\| `(\w+\.md)` \|", TEXT.get("docs/specification.md", ""), flags=re.M)}
    bad = []
    for f, text in TEXT.items():
        if f in ("docs/coding.md", "docs/specification.md"):  # they name pages of others
            continue
        for m in re.finditer(r"(?<![\w/.-])((?:[\w.-]+/)*[a-z][a-z0-9-]*\.md)\b", text):
            page = m.group(1)
            beside = str(pathlib.PurePosixPath(f).parent / page)
            if page not in pages | named and beside not in pages:
                bad.append(f"{f}: there is no {page}")
        if f in C_FILES + SQL_FUNCTIONS:
            bad += [f"{f}: {m.group(0)} of which document?" for m in re.finditer(r"\bsections? \d[\d.]*", text)
                    if not re.search(r"\.md|RFC|ISO|libpq", text[max(0, m.start() - 250):m.start()])]
    return sorted(set(bad))


def check_shell():
    scripts = [f for f in FILES if f.endswith(".sh") or f == ".ci/run"]
    result = subprocess.run(["shellcheck", "-s", "sh", *scripts], cwd=ROOT, capture_output=True, text=True)
    return result.stdout.split("\n")[:40] if result.returncode else []


def check_matrices():
    result = subprocess.run(["sh", "tests/check-matrix.sh"], cwd=ROOT, capture_output=True, text=True)
    return result.stdout.split("\n")[:40] if result.returncode else []


def check_answered_requests_are_left_alone():
    """A finished answer frees its request: behind `struct ch_done *x = f(request...)` the next statement looks at x before it touches request."""
    made = re.compile(r"struct ch_done \*(\w+) =\s*(?!NULL)[^;]*\brequest\b[^;]*;\s*([^;]*;)")
    return [f"{f}: {' '.join(m.group(2).split())[:100]}" for f in OWN_C for m in made.finditer(CODE[f])
            if re.search(r"\brequest\b", m.group(2)) and not re.search(rf"\b{m.group(1)}\b", m.group(2))]


def check_words():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!')")  # 'XXX' is ISO 4217's code for no currency
    return [f"{f}: {m.group(0)}" for f in C_FILES + SQL_FUNCTIONS for m in words.finditer(TEXT[f])]


def main():
    failed = 0
    for name, check in [(n[6:], c) for n, c in globals().items() if n.startswith("check_")]:
        problems = check()
        print(("not ok - " if problems else "ok - ") + name.replace("_", " "))
        for problem in problems:
            print(f"    {problem}")
        failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

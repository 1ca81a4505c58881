# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the portal role serves its pages: from a folder as `make portal` writes it, made here, so that no npm is needed."""
import gzip
import hashlib
import http.client
import json

import pytest

BUILD = "0123456789abcdef"
FILES = {"index.html": b"<!doctype html><title>pages</title>" + b" " * 500, "main.js": b"// script\n" * 100, "tiny.css": b"a{}", "lang/en.json": b'{"a": "b"}' * 50,
         "secret.txt": b"listed nowhere"}
PAGES = ["/", "/charter", "/decisions/:id"]
HEADERS = {"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
                                      "base-uri 'none'; frame-ancestors 'none'",
           "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
           "Permissions-Policy": "camera=(), microphone=(), geolocation=()"}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def write_pages(folder, changed=None):
    """What `make portal` leaves; `changed` is a file whose bytes are no longer those that assets.json lists."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content + (b"x" if path == changed else b""))
        (folder / f"{path}.gz").write_bytes(gzip.compress(content, mtime=0))
    listed = [{"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for path, content in FILES.items() if path != "secret.txt"]
    (folder / "assets.json").write_text(json.dumps({"build": BUILD, "pages": PAGES, "files": listed}))
    return folder


def ask(base, path, method="GET", **headers):
    host = base.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def tag(path):
    return f'"{hashlib.sha256(FILES[path]).hexdigest()}"'


@pytest.fixture(scope="module")
def base(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    trust = stack.trust(settings={"portal": {"portal_dir": str(write_pages(folder))}})
    yield trust.base
    stack.release(trust)


@pytest.mark.parametrize("path, status", [("/", 200), ("/charter", 200), ("/decisions/7", 200), ("/charter/", 404), ("/decisions", 404), ("/no/such/page", 404),
                                          ("/a/b", 404), ("/problems/stale", 200)])
def test_addresses_that_are_nothing_else_answer_the_document(base, path, status):
    answer, body = ask(base, path, **HTML)
    assert (answer.status, body) == (status, FILES["index.html"])
    assert answer.headers["Cache-Control"] == "no-cache" and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["ETag"] == tag("index.html")


@pytest.mark.parametrize("path", ["/governance/v1/no-such", "/log/no-such", "/.well-known/no-such", f"/a/{BUILD}/no-such.js", f"/a/{BUILD}/secret.txt",
                                  f"/a/{BUILD}/index.html", "/a/fedcba9876543210/main.js", f"/a/{BUILD}/../../etc/passwd", f"/a/{BUILD}/..%2f..%2fetc%2fpasswd",
                                  f"/a/{BUILD}/%2e%2e/secret.txt", f"/a/{BUILD}/lang", f"/a/{BUILD}//main.js"])
def test_interfaces_and_what_is_not_listed_answer_a_problem(base, path):
    answer, body = ask(base, path, **HTML)
    assert answer.status == 404 and json.loads(body)["type"] == "/problems/no_route", body


def test_programs_that_take_no_html_get_the_problem(base):
    answer, body = ask(base, "/no/such", Accept="application/json")
    assert answer.status == 404 and json.loads(body)["type"] == "/problems/no_route"
    answer, body = ask(base, "/problems/stale", Accept="application/json")
    assert json.loads(body)["slug"] == "stale"


@pytest.mark.parametrize("path, kind", [("main.js", "text/javascript; charset=utf-8"), ("tiny.css", "text/css; charset=utf-8"), ("lang/en.json", "application/json")])
def test_files_are_kept_for_good(base, path, kind):
    answer, body = ask(base, f"/a/{BUILD}/{path}")
    assert (answer.status, body) == (200, FILES[path])
    assert answer.headers["Cache-Control"] == "max-age=31536000, immutable" and answer.headers["Content-Type"] == kind
    assert answer.headers["ETag"] == tag(path)


def test_who_takes_gzip_gets_it_where_it_is_smaller(base):
    answer, body = ask(base, f"/a/{BUILD}/main.js", Accept_Encoding="br, gzip")
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == FILES["main.js"]
    assert answer.headers["Vary"] == "Accept-Encoding" and answer.headers["ETag"] == tag("main.js")
    answer, body = ask(base, f"/a/{BUILD}/tiny.css", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] is None and body == FILES["tiny.css"]
    answer, body = ask(base, f"/a/{BUILD}/main.js", Accept_Encoding="gzip;q=0")
    assert answer.headers["Content-Encoding"] is None and body == FILES["main.js"]


def test_a_known_copy_is_not_sent_again(base):
    for path in ("/", f"/a/{BUILD}/main.js"):
        first, _ = ask(base, path, **HTML)
        answer, body = ask(base, path, **HTML, If_None_Match=first.headers["ETag"])
        assert (answer.status, body) == (304, b"") and answer.headers["ETag"] == first.headers["ETag"]
        answer, body = ask(base, path, **HTML, If_None_Match='"other"')
        assert answer.status == 200
    answer, _ = ask(base, "/no/such/page", **HTML, If_None_Match=tag("index.html"))
    assert answer.status == 404


def test_head_is_the_answer_without_its_body(base):
    for path in ("/", "/charter", f"/a/{BUILD}/main.js"):
        full, body = ask(base, path, **HTML)
        head, nothing = ask(base, path, "HEAD", **HTML)
        assert (head.status, nothing, head.headers["Content-Length"]) == (full.status, b"", str(len(body)))


def test_pages_take_no_other_method(base):
    answer, _ = ask(base, "/charter", "POST", **HTML)
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("changed", [None, "main.js"])
def test_without_pages_or_with_one_that_was_changed_the_rest_works(stack, tmp_path, changed):
    folder = write_pages(tmp_path, changed) if changed else tmp_path / "missing"
    tmp_path.chmod(0o755)
    trust = stack.trust(settings={"portal": {"portal_dir": str(folder)}})
    answer, body = ask(trust.base, "/", **HTML)
    assert answer.status == 200 and b"The portal has not been built: run <code>make portal</code>" in body
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert ask(trust.base, "/charter", **HTML)[0].status == 404
    assert ask(trust.base, "/governance/v1/charters/current")[0].status == 200
    assert b"<h1>" in ask(trust.base, "/problems/stale", **HTML)[1]
    stack.release(trust)


def test_the_front_page_has_its_figures(base):
    answer, body = ask(base, "/portal/v1/overview")
    told = json.loads(body)
    assert answer.status == 200 and set(told) == {"assets", "members", "money", "votes", "tree_head"}
    assert [one["class"] for one in told["members"]] == ["U", "W", "C"] and all(one["active"] > 0 for one in told["members"])
    assert told["money"]["in"]["minor"] == told["money"]["out"]["minor"] == 0 and told["votes"] == []

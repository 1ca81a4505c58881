# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an OpenAPI document of docs/api says, for tests that are driven by it: its routes, a body that it allows, bodies that it does not, and
whether an answer is one it promises; and a watch over all answers of a test run. Nothing here knows a noun: a new route is covered by being
written down."""
import copy
import functools
import gzip
import json
import re
import uuid

import jsonschema
import yaml

from stack import ROOT

#: The documents whose every answer is watched.
WATCHED = ("governance", "licensing", "metering", "payout")
#: Of an answer in lines, so many of its first and last are looked at.
LINES = 50
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
WRITES = ("POST", "PUT", "PATCH")
#: A string that each pattern of the documents allows.
SAMPLES = {"^[0-9a-f]{64}$": "a" * 64, "^[a-z][a-z0-9-]{0,31}$": "sample", "^[A-Za-z0-9_-]{43}$": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "^https://": "https://sample.example/x",
           "^[a-z][a-z0-9_]{0,39}$": "sample"}
FORMATS = {"uuid": "00000000-0000-4000-8000-00000000000a", "date": "2026-01-02", "date-time": "2026-01-02T03:04:05Z", "uri": "https://hooks.sample.example/in"}
#: A constant text where the document says nothing of how a string looks.
WORDS = {"email": "sample@sample.example", "country": "IE"}


class Raw(bytes):
    """A body that is sent as it is."""


class Route:
    def __init__(self, document, path, method, operation, shared):
        self.document, self.path, self.method, self.operation = document, path, method.upper(), operation
        self.parameters = [*shared, *operation.get("parameters", [])]
        pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[a-z_]+\})", path))
        self.match = re.compile(f"^{pattern}$").match
        self.body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        self.checks = {}

    def __repr__(self):
        return f"{self.method} {self.path}"

    def of(self, where):
        return [p for p in self.parameters if p["in"] == where]

    def fill(self, **values):
        """The address with its parameters: those of `values`, else the first value of an enum, else a fresh id."""
        def value(found):
            name = found.group(1)
            schema = next((p["schema"] for p in self.of("path") if p["name"] == name), {})
            return str(values.get(name) or schema.get("enum", [uuid.uuid4()])[0])
        return re.sub(r"\{([a-z_]+)\}", value, self.path)

    def mismatch(self, answer):
        """Why this answer is none that the document promises; None when it is."""
        told = self.operation["responses"].get(str(answer.status))
        if told is None and answer.status >= 400:
            told = self.operation["responses"].get("default")
        if told is None:
            return f"status {answer.status} is not documented"
        told = resolved(self.document, told)
        media = answer.headers.get("Content-Type", "").split(";")[0]
        content = told.get("content", {})
        if not answer.raw:
            return None if not content or self.method == "HEAD" or media == "application/x-ndjson" else "an empty body"
        if media not in content:
            return f"Content-Type {media} is not among {sorted(content)}"
        schema = content[media].get("schema")
        if schema is None or not media.endswith("json"):
            return None
        raw = gzip.decompress(answer.raw) if answer.headers.get("Content-Encoding") == "gzip" else answer.raw
        check = self.checks.get((answer.status, media))
        if check is None:
            check = self.checks[answer.status, media] = closed_validator(self.document, schema)
        lines = raw.splitlines() if media == "application/x-ndjson" else [raw]
        for text in lines if len(lines) < 2 * LINES else lines[:LINES] + lines[-LINES:]:
            error = jsonschema.exceptions.best_match(check.iter_errors(json.loads(text)))
            if error:
                return f"{error.json_path}: {error.message[:300]}"
        return None


def validator(document, schema):
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]}, format_checker=jsonschema.FormatChecker())


def closed(document, schema):
    """The schema as answers are held to it: an object that lists its members has no others, unless it says so."""
    if isinstance(schema, list):
        return [closed(document, inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "allOf" in schema:
        parts = [resolved(document, part) for part in schema["allOf"]]
        schema = {"type": "object", "required": [name for part in parts for name in part.get("required", [])],
                  "properties": {name: of for part in parts for name, of in part["properties"].items()}}
    made = {key: {name: closed(document, of) for name, of in value.items()} if key == "properties" else closed(document, value)
            for key, value in schema.items()}
    if "properties" in schema:
        made.setdefault("additionalProperties", False)
    return made


def closed_validator(document, schema):
    whole = CLOSED.get(id(document))
    if whole is None:
        whole = CLOSED[id(document)] = {"components": {"schemas": {name: closed(document, of) for name, of in document["components"]["schemas"].items()}}}
    return validator(whole, closed(document, schema))


#: Per document, its components as answers are held to them.
CLOSED = {}


class Watch:
    """Looks over every client's shoulder and keeps what no document promises."""

    def __init__(self):
        self.found, self.seen = {}, {}

    @functools.cached_property
    def routes(self):
        return {role: routes(load(role)) for role in WATCHED}

    def route_of(self, method, path):
        role = path.split("/")[1]
        return next((r for r in self.routes[role] if r.method == method and r.match(path)), None) if role in WATCHED else None

    def look(self, method, path, answer):
        route = self.route_of(method, path.split("?")[0])
        if not route:
            return
        # what was judged is not judged again: tests wait by asking often
        key, shape = (route, answer.status), (answer.headers.get("Content-Type"), answer.raw)
        if self.seen.get(key) == shape:
            return
        self.seen[key] = shape
        why = route.mismatch(answer)
        if why:
            self.found[f"{route}: {answer.status}: {why}"] = None

    def take(self):
        found, self.found = list(self.found), {}
        return found


def load(role):
    return yaml.safe_load((ROOT / "docs" / "api" / f"{role}.yaml").read_text())


def routes(document):
    """Plain addresses before those with a parameter in their place, as a router tries them."""
    found = [Route(document, path, method, operation, item.get("parameters", [])) for path, item in document["paths"].items()
             for method, operation in item.items() if method in METHODS]
    return sorted(found, key=lambda r: [part.startswith("{") for part in r.path.split("/")])


def resolved(document, of):
    """A schema or an answer itself, where a document only refers to it."""
    while "$ref" in of:
        _, part, kind, name = of["$ref"].split("/")
        of = document[part][kind][name]
    return of


def sample(document, schema, name="", whole=True):
    """A value that a schema allows: with all of its members, or with those it requires."""
    schema = resolved(document, schema)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if kind == "object":
        made = {key: sample(document, of, key, whole) for key, of in schema.get("properties", {}).items()
                if whole or key in schema.get("required", [])}
        made.update({key: "sample" for key in schema.get("required", []) if key not in made})
        for choice in schema.get("oneOf", [])[1:]:
            for key in choice["required"]:
                made.pop(key, None)
        return made
    if kind == "array":
        return [sample(document, schema.get("items", {"type": "string"}), name, whole)] if schema.get("minItems") or whole else []
    if kind == "integer":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    text = SAMPLES.get(schema.get("pattern")) or FORMATS.get(schema.get("format")) or WORDS.get(name) or "sample text"
    return text.ljust(schema.get("minLength", 0), "x")[:schema.get("maxLength", 1 << 20)]


def changed(value, where, to):
    """A copy of `value` with what is at `where` replaced, or left out when `to` is ...."""
    made = copy.deepcopy(value)
    inner = made
    for key in where[:-1]:
        inner = inner[key]
    if to is ...:
        del inner[where[-1]]
    else:
        inner[where[-1]] = to
    return made


def places(value, where=()):
    """Addresses of all members and items inside, from outside in."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*where, key)
        yield from places(inner, (*where, key))


HOSTILE = [None, True, 0, -1, 1.5, 10 ** 30, "", "x" * 3000, "x" * 40000, [], {}, [[1]], {"a": {"b": 1}}, "\u202e", " ", "1e400"]


#: What no text may hold, whatever a schema says of it.
NO_TEXT = ("a\u0000b", "\ud800")


def mutants(document, schema, good=None):
    """Bodies that a schema does not allow, each with a name: (name, value or Raw); `good` is what they are made of."""
    good = sample(document, schema) if good is None else good
    allowed = validator(document, schema).is_valid
    for where in places(good):
        for to in [*(HOSTILE if len(where) < 3 else HOSTILE[::3]), *NO_TEXT, ...]:
            value = changed(good, where, to)
            if not allowed(value) or to in NO_TEXT:
                yield f"{'/'.join(map(str, where))}={'left out' if to is ... else repr(to)[:20]}", value
    for where in [(), *places(good)]:
        inner = good
        for key in where:
            inner = inner[key]
        if isinstance(inner, dict) and not allowed(changed(good, (*where, "surplus"), 1)):
            yield f"{'/'.join(map(str, where))}/surplus", changed(good, (*where, "surplus"), 1)
    yield from (("a list", []), ("a text", "x"), ("a number", 1), ("null", Raw(b"null")), ("true", True))
    text = json.dumps(good)
    member = next(iter(good), "a")
    for name, raw in (("nothing", b""), ("open", b"{"), ("two", text.encode() * 2), ("twice", f'{{"{member}":1,"{member}":1}}'.encode()),
                      ("no utf-8", b'{"\xff\xfe":1}'), ("nan", b'{"a":NaN}'), ("deep", b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"),
                      ("deeper", b'{"a":' * 700 + b"1" + b"}" * 700), ("bomb", b"[" * 3000), ("nul", text.encode() + b"\0"),
                      ("comment", b"/**/" + text.encode()), ("utf-16", text.encode("utf-16")), ("long number", b'{"a":' + b"9" * 3000 + b"}")):
        yield name, Raw(raw)

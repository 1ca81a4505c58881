// SPDX-License-Identifier: AGPL-3.0-or-later
// docs/api/*.yaml as judges: is this body one that the interface may answer here?
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../services/portal/package.json", import.meta.url));
const Ajv = require("ajv/dist/2020").default;
const FOLDER = new URL("../../../docs/api/", import.meta.url);
const TO_JSON = "import datetime, json, sys, yaml; json.dump([yaml.safe_load(open(name)) for name in sys.argv[1:]], sys.stdout, default=lambda day: day.isoformat())";

const names = fs.readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const documents = JSON.parse(execFileSync("/usr/bin/python3", ["-c", TO_JSON, ...names.map((name) => new URL(name, FOLDER).pathname)],
    { maxBuffer: 64 * 1024 * 1024 }));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
names.forEach((name, n) => ajv.addSchema({ $id: `https://api.example/${name}`, ...documents[n] }));

/** "/decisions/{id}" as an expression. */
function expression(pattern) {
    return new RegExp(`^${pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+")}$`);
}

const addresses = documents.flatMap((document, n) => Object.entries(document.paths).map(([pattern, methods]) => ({ file: names[n], pattern, methods, takes: expression(pattern) })))
    .sort((left, right) => left.pattern.split("{").length - right.pattern.split("{").length);

function pointer(...parts) {
    return `#/${parts.map((part) => encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
}

/** Where the schema of an answer stands; null where the interface says nothing of its body. */
function placeOf(path, method, status) {
    const found = addresses.find(({ takes }) => takes.test(path));
    const responses = found?.methods[method.toLowerCase()]?.responses;
    if (!responses) return { unknown: true };
    const code = String(status) in responses ? String(status) : "default";
    let answer = responses[code], place = ["paths", found.pattern, method.toLowerCase(), "responses", code];
    if (!answer) return { unknown: true };
    if (answer.$ref) {
        place = answer.$ref.slice(2).split("/");
        answer = place.reduce((at, part) => at[part], documents[names.indexOf(found.file)]);
    }
    const type = Object.keys(answer.content ?? {}).find((one) => one.includes("json"));
    return { schema: type ? `https://api.example/${found.file}${pointer(...place, "content", type, "schema")}` : null };
}

/** What is wrong with the answer; "" when nothing is. */
export function faults(path, method, status, body) {
    const { unknown, schema } = placeOf(path, method, status);
    if (unknown) return `${method} ${path} ${status} is in no document`;
    if (!schema) return "";
    return ajv.validate(schema, body) ? "" : `${method} ${path} ${status}: ${ajv.errorsText(ajv.errors.slice(0, 3))}`;
}

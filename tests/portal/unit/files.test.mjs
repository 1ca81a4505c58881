// SPDX-License-Identifier: AGPL-3.0-or-later
// What is read out of files before they go up, and out of deliveries as they come down.
import assert from "node:assert/strict";
import test from "node:test";

import { dialectOf, faults, guess, readHead, splitLine } from "../../../services/portal/www/contribute/mapping.js";
import { Download, RowCounter, keepWhole, readTrailer } from "../../../services/portal/www/download.js";

const FIELDS = [{ name: "sensor_id", constraints: { required: true } }, { name: "at", constraints: { required: true } }, { name: "pm10" }];

test("header lines", () => {
    for (const [text, name, expected] of [
        ["\ufeffa;b;c\r\n1;2;3", "x.csv", { format: "csv", delimiter: ";", columns: ["a", "b", "c"] }], ["a,\"b,\"\"c\"\n", "x.csv", { format: "csv", delimiter: ",", columns: ["a", "b,\"c"] }],
        ["a\tb\n", "x.tsv", { format: "csv", delimiter: "\t", columns: ["a", "b"] }], ['{"a":1,"b":2}\n', "x", { format: "ndjson", delimiter: null, columns: ["a", "b"] }],
        ["{broken\n", "x.ndjson", { format: "ndjson", delimiter: null, columns: [] }]]) assert.deepEqual(readHead(text, name), expected, name);
    assert.deepEqual(splitLine('1,"2""3",', ","), ["1", '2"3', ""]);
});

test("columns and fields", () => {
    const mapping = guess(["Sensor-ID", "timestamp", "PM10"], FIELDS);
    assert.deepEqual(mapping, { "Sensor-ID": "sensor_id", timestamp: "", PM10: "pm10" });
    assert.deepEqual(faults(mapping, FIELDS), { missing: ["at"], twice: [] });
    assert.deepEqual(faults({ a: "at", b: "at", c: "sensor_id" }, FIELDS), { missing: [], twice: ["at"] });
    assert.deepEqual(dialectOf({ format: "csv", delimiter: ";" }, { ...mapping, at: "at" }), { delimiter: ";", header_map: { "Sensor-ID": "sensor_id", PM10: "pm10" }, ignore: ["timestamp"] });
});

test("rows of a delivery, however it is cut", () => {
    const body = new TextEncoder().encode('_row,text\r\n1,"a\nb ""c"\r\n2,#x\r\n# rows: 2\r\n# end: complete\r\n');
    for (let cut = 0; cut <= body.length; cut++) {
        const counter = new RowCounter("csv");
        counter.add(body.slice(0, cut));
        counter.add(body.slice(cut));
        assert.deepEqual([counter.rows, counter.trailer], [2, 2], `cut at ${cut}`);
    }
    assert.deepEqual(readTrailer(new TextDecoder().decode(body), "csv"), { rows: "2", end: "complete" });
    assert.deepEqual(readTrailer('{"a":1}\n{"_end":{"rows":1}}\n', "ndjson"), { rows: 1 });
    assert.equal(readTrailer("a,b\n", "csv"), null);
});

test("what of a cut delivery is whole", () => {
    const batches = [{ bytes: 100, rows: 9, repeated: 1, resume: "a" }, { bytes: 50, rows: 5, repeated: 0, resume: "b" }, { bytes: 50, rows: 5, repeated: 0, resume: null }];
    for (const [bytes, kept] of [[0, [0, 0, null]], [99, [0, 0, null]], [100, [100, 10, "a"]], [149, [100, 10, "a"]], [150, [150, 15, "b"]], [500, [150, 15, "b"]]])
        assert.deepEqual(Object.values(keepWhole(batches, bytes)), kept, String(bytes));
});

/** A trust that cuts the line: `answers` are texts, or [what came of a text that was to be longer]. */
function cuttingTrust(answers, asked) {
    return async (url) => {
        asked.push(url);
        const given = answers.shift();
        const body = new ReadableStream({ start(controller) {
            controller.enqueue(new TextEncoder().encode(typeof given === "string" ? given : given[0]));
            if (typeof given === "string") controller.close();
        }, pull(controller) {
            controller.error(new TypeError("network error"));
        } });
        return new Response(body, { headers: { "Content-Type": "text/csv", "X-Commonhold-Delivery": `d${asked.length}` } });
    };
}

test("a delivery that is cut inside its first batch stays in its chain, where nothing counts twice", async (t) => {
    const asked = [], saved = [];
    t.mock.method(globalThis, "fetch", cuttingTrust([["a\r\n1\r\n2"], ["a\r\n1"], ["a\r\n1\r\n2\r\n3"], "a\r\n3\r\n# rows: 1\r\n# end: complete\r\n"], asked));
    t.mock.method(URL, "createObjectURL", (blob) => (saved.push(blob), "blob:x"));
    t.mock.timers.enable({ apis: ["setTimeout"] });
    globalThis.document = { createElement: () => ({ click() {} }) };
    const batches = [{ bytes: 9, rows: 2, repeated: 0, resume: "t1" }];
    const records = { d1: { batches, restart: "t0" }, d2: { batches, restart: null }, d3: { batches, restart: null } };
    const states = [];
    const download = new Download({ address: "/rows?x=1", headers: {}, format: "csv", name: "x.csv", known: 0, onChange: (state) => states.push(state), wait: async () => {},
        record: async (id) => records[id] });
    await download.start();
    delete globalThis.document;
    assert.deepEqual(asked, ["/rows?x=1", "/rows?x=1&after=t0", "/rows?x=1&after=t0", "/rows?x=1&after=t1"]);
    assert.equal(await saved[0].text(), "a\r\n1\r\n2\r\n3\r\n# rows: 1\r\n# end: complete\r\n");
    assert.deepEqual([states.at(-1).phase, states.at(-1).rows], ["done", 3]);
});

test("a cut delivery goes on behind its last whole batch, with one header", async (t) => {
    const asked = [], states = [], saved = [];
    const records = { d1: { batches: [{ bytes: 9, rows: 2, repeated: 0, resume: "t1" }] }, d2: { batches: [{ bytes: 7, rows: 1, repeated: 0, resume: "t2" }] } };
    t.mock.method(globalThis, "fetch", cuttingTrust([["a\r\n1\r\n2\r\n3"], ["a\r\n3\r\n4"], "a\r\n4\r\n5\r\n# rows: 2\r\n# end: complete\r\n"], asked));
    t.mock.method(URL, "createObjectURL", (blob) => (saved.push(blob), "blob:x"));
    t.mock.timers.enable({ apis: ["setTimeout"] });
    globalThis.document = { createElement: () => ({ click() {} }) };
    const download = new Download({ address: "/rows", headers: {}, format: "csv", name: "x.csv", known: 0, onChange: (state) => states.push(state), wait: async () => {},
        record: async (id) => ({ d1: { batches: [{ bytes: 9, rows: 2, repeated: 0, resume: "t1" }, { bytes: 3, rows: 1, repeated: 0, resume: "t0" }] }, d2: { batches: [{ bytes: 6, rows: 1, repeated: 0, resume: "t2" }] } })[id] ?? records[id] });
    await download.start();
    delete globalThis.document;
    assert.deepEqual(asked, ["/rows", "/rows?after=t1", "/rows?after=t2"]);
    assert.equal(await saved[0].text(), "a\r\n1\r\n2\r\n3\r\n4\r\n5\r\n# rows: 2\r\n# end: complete\r\n");
    assert.deepEqual([states.at(-1).phase, states.at(-1).rows, states.at(-1).trailer.end, states.at(-1).deliveries.length], ["done", 5, "complete", 3]);
    assert.ok(states.some((one) => one.phase === "waiting"));
});

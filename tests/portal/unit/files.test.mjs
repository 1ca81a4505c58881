// SPDX-License-Identifier: AGPL-3.0-or-later
// What is read out of files before they go up, and out of deliveries as they come down.
import assert from "node:assert/strict";
import test from "node:test";

import { dialectOf, faults, guess, readHead, splitLine } from "../../../services/portal/www/contribute/mapping.js";
import { RowCounter, readTrailer } from "../../../services/portal/www/download.js";

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

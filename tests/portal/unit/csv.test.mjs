// SPDX-License-Identifier: AGPL-3.0-or-later
// Files of tables: RFC 4180, and nothing in them that a spreadsheet would run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, csv } from "../../../services/portal/www/csv.js";

test("cells", () => {
    const cases = [
        ["plain", "plain"], ["a,b", '"a,b"'], ['say "so"', '"say ""so"""'], ["two\nlines", '"two\nlines"'], [null, ""], [undefined, ""], [true, "true"],
        [0, "0"], [-12.5, "-12.5"], ["-12.50", "-12.50"], [10n ** 20n, "100000000000000000000"],
        ["=1+1", "'=1+1"], ["+1", "'+1"], ["-1+1", "'-1+1"], ["@SUM(A1)", "'@SUM(A1)"], ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ];
    for (const [value, text] of cases) {
        assert.equal(cell(value), text);
    }
});

test("each row is a line that ends", () => {
    assert.equal(csv([["a", "b"], [1, null]]), "a,b\r\n1,\r\n");
    assert.equal(csv([]), "");
});

// SPDX-License-Identifier: AGPL-3.0-or-later
// Rows as CSV (RFC 4180), for people who open it in a spreadsheet. Pure.

/**
 * A cell. Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers are left alone.
 * @param {string|number|bigint|boolean|null|undefined} value
 */
export function cell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lines end in CR LF, the last one too. */
export function csv(rows) {
    return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

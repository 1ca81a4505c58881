// SPDX-License-Identifier: AGPL-3.0-or-later
// What the first bytes of a file say of it, and which of its columns is which field of the pool. Pure; the server judges what is right.

const DELIMITERS = [",", ";", "\t", "|"];

/** The fields of one CSV line; quotes are taken off. */
export function splitLine(line, delimiter) {
    const fields = [];
    let field = "", quoted = false;
    for (let i = 0; i < line.length; i++) {
        const letter = line[i];
        if (letter === '"' && quoted && line[i + 1] === '"') field += line[++i];
        else if (letter === '"') quoted = !quoted;
        else if (letter === delimiter && !quoted) field = (fields.push(field), "");
        else field += letter;
    }
    return [...fields, field];
}

/**
 * @param {string} text the beginning of the file; a cut last line is left out @param {string} name of the file
 * @returns {{format: "csv"|"ndjson", delimiter: ?string, columns: string[]}} the format, and the names its columns have
 */
export function readHead(text, name) {
    const first = text.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0];
    if (/\.(ndjson|jsonl)$/i.test(name) || first.startsWith("{")) {
        let columns = [];
        try {
            columns = Object.keys(JSON.parse(first));
        } catch (fault) {
            if (!(fault instanceof SyntaxError)) throw fault;
        }
        return { format: "ndjson", delimiter: null, columns };
    }
    const [delimiter] = DELIMITERS.map((one) => [one, splitLine(first, one).length]).sort((a, b) => b[1] - a[1])[0];
    return { format: "csv", delimiter, columns: splitLine(first, delimiter) };
}

const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** A first guess: fields by their name, the rest is left out. @returns {Object<string, string>} field or "" by column */
export function guess(columns, fields) {
    return Object.fromEntries(columns.map((column) => [column, fields.find((field) => plain(field.name) === plain(column))?.name ?? ""]));
}

/** Fields that must have a value and have no column, and fields that have two. */
export function faults(mapping, fields) {
    const used = Object.values(mapping).filter(Boolean);
    return { missing: fields.filter((field) => field.constraints?.required && !used.includes(field.name)).map((field) => field.name),
             twice: [...new Set(used.filter((name, i) => used.indexOf(name) !== i))] };
}

/** The dialect that is announced with the file. */
export function dialectOf({ format, delimiter }, mapping) {
    const entries = Object.entries(mapping);
    return { ...(format === "csv" ? { delimiter } : {}), header_map: Object.fromEntries(entries.filter(([column, field]) => field && field !== column)),
             ignore: entries.filter(([, field]) => !field).map(([column]) => column) };
}

// SPDX-License-Identifier: AGPL-3.0-or-later
// Files for the reader: what a page has made, and rows of a pool as they come. Rows go straight into a file where the browser gives a handle of one, else
// into memory up to 256 MiB; beyond that the browser downloads by itself. What the trailer says (rows, units, price, quota) is the server's.

const MEMORY = 256 * 1024 * 1024;
const LF = 10;
const QUOTE = 34;
const HASH = 35;

/** Saves what the page has made. */
export function saveBlob(blob, name) {
    const address = URL.createObjectURL(blob);
    const link = document.createElement("a");
    Object.assign(link, { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** Counts the rows of CSV or NDJSON as it goes by; a line break between quotes ends none. The header and the trailer are no rows. */
export class RowCounter {
    /** @param {"csv"|"ndjson"} format */
    constructor(format) {
        Object.assign(this, { isCsv: format === "csv", lines: 0, trailer: 0, quoted: false, atStart: true, inTrailer: false });
    }

    /** @param {Uint8Array} chunk */
    add(chunk) {
        for (const byte of chunk) {
            if (this.atStart) this.inTrailer = this.isCsv && byte === HASH;
            this.atStart = false;
            if (byte === QUOTE && this.isCsv) this.quoted = !this.quoted;
            if (byte !== LF || this.quoted) continue;
            this.atStart = true;
            if (this.inTrailer) this.trailer += 1;
            else this.lines += 1;
        }
    }

    /** Rows that have come whole. */
    get rows() {
        return Math.max(0, this.lines - (this.isCsv ? 1 : 0));
    }
}

/** What the closing block of a delivery says, out of the end of its body. @param {string} tail @param {"csv"|"ndjson"} format */
export function readTrailer(tail, format) {
    if (format === "ndjson") {
        const last = tail.trimEnd().split("\n").at(-1) ?? "";
        return last.startsWith('{"_end"') ? JSON.parse(last)._end : null;
    }
    const told = {};
    for (const line of tail.split(/\r?\n/).filter((one) => one.startsWith("# "))) {
        const [name, ...value] = line.slice(2).split(/[:=]\s*/);
        told[name.trim()] = value.join(":");
    }
    return Object.keys(told).length ? told : null;
}

/** Where bytes go: a file's handle, or memory that becomes a file at the end. */
async function sink(name, known) {
    if (globalThis.showSaveFilePicker && (known === null || known > MEMORY)) {
        const handle = await showSaveFilePicker({ suggestedName: name });
        const file = await handle.createWritable();
        return { write: (chunk) => file.write(chunk), done: () => file.close(), drop: () => file.abort() };
    }
    const parts = [];
    let size = 0;
    return { write: (chunk) => {
        size += chunk.length;
        if (size > MEMORY) throw new RangeError("too large for memory");
        parts.push(chunk);
    }, done: (type) => saveBlob(new Blob(parts, { type }), name), drop: () => parts.splice(0) };
}

/**
 * Rows of a pool on their way. onChange gets {phase, rows, bytes, problem, trailer}; phase: receiving, done, waiting (cut; start() goes on), cancelled, failed.
 */
export class Download {
    /** @param {{address: string, headers: object, format: "csv"|"ndjson", name: string, known: number|null, onChange: (state: object) => void}} options */
    constructor(options) {
        Object.assign(this, options, { bytes: 0, tail: "", counter: new RowCounter(options.format), target: null, stop: null, phase: "receiving", trailer: null, problem: null });
    }

    #tell(change) {
        Object.assign(this, change);
        this.onChange({ phase: this.phase, rows: this.counter.rows, bytes: this.bytes, problem: this.problem, trailer: this.trailer });
    }

    async start() {
        this.stop = new AbortController();
        this.#tell({ phase: "receiving", problem: null });
        try {
            this.target ??= await sink(this.name, this.known);
            const answer = await fetch(this.address, { headers: this.headers, signal: this.stop.signal });
            if (!answer.ok) return this.#tell({ phase: "failed", problem: { status: answer.status, ...await answer.json() } });
            await this.#drain(answer.body.getReader());
            this.trailer = readTrailer(this.tail, this.format);
            await this.target.done(answer.headers.get("Content-Type") ?? "");
            return this.#tell({ phase: "done" });
        } catch (fault) {
            if (this.phase === "cancelled" || fault.name === "AbortError") return this.#tell({ phase: "cancelled" });
            return this.#tell({ phase: "failed", problem: { slug: fault instanceof RangeError ? "too_large" : "offline" } });
        }
    }

    async #drain(reader) {
        const text = new TextDecoder();
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
            this.counter.add(part.value);
            this.bytes += part.value.length;
            this.tail = (this.tail + text.decode(part.value, { stream: true })).slice(-8192);
            await this.target.write(part.value);
            this.#tell({});
        }
    }

    /** Nothing of it is kept. */
    async cancel() {
        this.#tell({ phase: "cancelled" });
        this.stop?.abort();
        await this.target?.drop();
    }
}

// SPDX-License-Identifier: AGPL-3.0-or-later
// Files for the reader: what a page has made, and rows of a pool as they come. Rows go straight into a file where the browser gives a handle of one, else
// into memory up to 256 MiB; beyond that the browser downloads by itself. What the trailer says (rows, units, price, quota) is the server's.

const MEMORY = 256 * 1024 * 1024;
const LF = 10;
const QUOTE = 34;
const HASH = 35;
const PAUSES = [1000, 3000, 9000, 27000]; // milliseconds before it is tried again

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

/** Where bytes go: a file's handle, or memory that becomes a file at the end. `cut` takes back what lies behind the first `size` bytes. */
async function sink(name, known) {
    if (globalThis.showSaveFilePicker && (known === null || known > MEMORY)) {
        const handle = await showSaveFilePicker({ suggestedName: name });
        const file = await handle.createWritable();
        return { write: (chunk) => file.write(chunk), done: () => file.close(), drop: () => file.abort(), cut: async (size) => {
            await file.truncate(size);
            await file.seek(size);
        } };
    }
    let whole = new Blob([]), parts = [], size = 0;
    const gather = () => {
        whole = new Blob([whole, ...parts]);
        parts = [];
    };
    return { write: (chunk) => {
        size += chunk.length;
        if (size > MEMORY) throw new RangeError("too large for memory");
        parts.push(chunk);
    }, done: (type) => {
        gather();
        saveBlob(new Blob([whole], { type }), name);
    }, drop: () => {
        whole = new Blob([]);
        parts = [];
    }, cut: (to) => {
        gather();
        whole = whole.slice(0, to);
        size = to;
    } };
}

/**
 * The last whole batch among the first `bytes` of a delivery: what is kept of them, how many rows that are, and the token to go on behind it.
 * @param {{bytes: number, rows: number, repeated: number, resume: ?string}[]} batches of the delivery's record, in their order
 */
export function keepWhole(batches, bytes) {
    let kept = { bytes: 0, rows: 0, after: null }, at = 0, rows = 0;
    for (const batch of batches) {
        at += batch.bytes;
        rows += batch.rows + batch.repeated;
        if (at > bytes) break;
        if (batch.resume) kept = { bytes: at, rows, after: batch.resume };
    }
    return kept;
}

const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

/**
 * Rows of a pool on their way. onChange gets {phase, rows, bytes, problem, trailer, deliveries}; phase: receiving, done, waiting (cut; it goes on behind the
 * last whole batch), cancelled, failed (start() tries again where it stands).
 */
export class Download {
    /**
     * @param {{address: string, headers: object, format: "csv"|"ndjson", name: string, known: number|null, onChange: (state: object) => void,
     *     prepare?: () => Promise<any>, record?: (delivery: string) => Promise<object>, wait?: (milliseconds: number) => Promise<any>}} options
     *     prepare: before each request; record: what the server knows of a delivery, to go on after a cut
     */
    constructor(options) {
        Object.assign(this, { prepare: async () => {}, wait: pause }, options,
            { target: null, stop: null, phase: "receiving", trailer: null, problem: null, delivery: null, deliveries: [],
            before: { bytes: 0, rows: 0 }, after: null });
        this.#begin({ bytes: 0, rows: 0, after: null });
    }

    /** From here on one answer is read: `kept` is what of the answers before stays. */
    #begin(kept) {
        Object.assign(this, { before: { bytes: kept.bytes, rows: kept.rows }, after: kept.after, bytes: 0, tail: "", counter: new RowCounter(this.format),
            strips: this.format === "csv" && kept.bytes > 0, headed: false, header: 0 });
    }

    #tell(change) {
        Object.assign(this, change);
        this.onChange({ phase: this.phase, rows: this.before.rows + this.counter.rows, bytes: this.before.bytes + this.bytes, problem: this.problem,
            trailer: this.trailer, deliveries: this.deliveries });
    }

    async start() {
        this.stop = new AbortController();
        for (let tries = 0; ; tries += 1) {
            const before = this.bytes;
            const fault = await this.#once();
            if (!fault || this.phase === "cancelled") return;
            if (fault.status || fault instanceof RangeError || !this.record) return this.#fail(fault);
            if (this.bytes > before) tries = 0;
            if (tries === PAUSES.length) return this.#fail(fault);
            this.#tell({ phase: "waiting" });
            await this.wait(PAUSES[tries]);
            if (this.phase === "cancelled") return;
        }
    }

    #fail(fault) {
        if (fault.status) this.#tell({ phase: "failed", problem: fault });
        else this.#tell({ phase: "failed", problem: { slug: fault instanceof RangeError ? "too_large" : "offline" } });
    }

    /** One request; what went wrong, or null. */
    async #once() {
        try {
            this.target ??= await sink(this.name, this.known);
            await this.#goOn();
            await this.prepare();
            this.#tell({ phase: "receiving", problem: null });
            const url = this.after ? `${this.address}${this.address.includes("?") ? "&" : "?"}${new URLSearchParams({ after: this.after })}` : this.address;
            const answer = await fetch(url, { headers: this.headers, signal: this.stop.signal });
            if (!answer.ok) return { status: answer.status, ...await answer.json() };
            this.delivery = answer.headers.get("X-Commonhold-Delivery");
            this.deliveries = [...this.deliveries, this.delivery];
            await this.#drain(answer.body.getReader());
            this.trailer = readTrailer(this.tail, this.format);
            await this.target.done(answer.headers.get("Content-Type") ?? "");
            this.#tell({ phase: "done" });
            return null;
        } catch (fault) {
            if (this.phase !== "cancelled" && fault.name === "AbortError") this.#tell({ phase: "cancelled" });
            return fault;
        }
    }

    /** After a cut: what came whole stays, the rest is asked for again within the chain, where nothing counts twice. */
    async #goOn() {
        if (!this.delivery || !this.record) return;
        const { batches, restart } = await this.record(this.delivery);
        const kept = keepWhole(batches, this.bytes + this.header);
        const size = this.before.bytes + Math.max(0, kept.bytes - this.header);
        await this.target.cut(size);
        this.#begin({ bytes: size, rows: this.before.rows + kept.rows, after: kept.after ?? this.after ?? restart });
        this.delivery = null;
    }

    async #drain(reader) {
        const text = new TextDecoder();
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
            this.counter.add(part.value);
            this.tail = (this.tail + text.decode(part.value, { stream: true })).slice(-8192);
            const chunk = this.#withoutHeader(part.value);
            this.bytes += chunk.length;
            await this.target.write(chunk);
            this.#tell({});
        }
    }

    /** Each answer in CSV has a header line; the file has one. `header`: bytes that were left out for that. */
    #withoutHeader(chunk) {
        if (this.headed || !this.strips) return chunk;
        const end = chunk.indexOf(LF);
        this.header += end < 0 ? chunk.length : end + 1;
        this.headed = end >= 0;
        return end < 0 ? chunk.subarray(chunk.length) : chunk.subarray(end + 1);
    }

    /** Nothing of it is kept. */
    async cancel() {
        this.#tell({ phase: "cancelled" });
        this.stop?.abort();
        await this.target?.drop();
    }
}

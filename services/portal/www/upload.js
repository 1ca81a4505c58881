// SPDX-License-Identifier: AGPL-3.0-or-later
// One file to the trust by tus 1.0.0, over XMLHttpRequest, which tells how far a body is. What is not stored is sent again: each start asks the
// trust where the file stands, so that a cut line, a pause and a closed tab are one case. Words and bars are the page's.

import { canSeal, sha256 } from "./seal.js";

const CHUNK = 4 * 1024 * 1024;
const WINDOW = 5000;
const UPLOADS = "/licensing/v1/uploads";
const ATTEMPTS = 8;

/** Bytes a second over the last five seconds. */
export class Rate {
    constructor() {
        this.points = [];
    }

    /** @param {number} at milliseconds; @param {number} bytes all that were sent by then */
    add(at, bytes) {
        this.points.push([at, bytes]);
        while (this.points.length > 2 && this.points[1][0] <= at - WINDOW) this.points.shift();
    }

    /** @returns {number|null} null: nothing to measure yet */
    perSecond() {
        const [[from, first], [to, last]] = [this.points.at(0) ?? [0, 0], this.points.at(-1) ?? [0, 0]];
        return to > from ? Math.max(0, (last - first) * 1000 / (to - from)) : null;
    }
}

/** The quarter that was passed between two shares of 100, or null: what is announced besides start, end and error. */
export function quarter(before, after) {
    const passed = Math.floor(after / 25) * 25;
    return passed > 0 && passed < 100 && passed > Math.floor(before / 25) * 25 ? passed : null;
}

/** Whole per cent, 100 only when all is there. */
export function percent(bytes, size) {
    return size === 0 ? 100 : Number(BigInt(bytes) * 100n / BigInt(size));
}

function base64(bytes) {
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** A request whose answer is there, whatever it says; status 0: the connection was lost. */
function exchange(method, address, { headers, body, progress, started }) {
    return new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.open(method, address);
        for (const [name, value] of Object.entries({ "Tus-Resumable": "1.0.0", ...headers })) request.setRequestHeader(name, value);
        if (progress) request.upload.onprogress = (event) => progress(event.loaded);
        request.onloadend = () => resolve({ status: request.status, offset: Number(request.getResponseHeader("Upload-Offset") ?? -1),
                                            length: Number(request.getResponseHeader("Upload-Length") ?? -1), text: request.responseText });
        started?.(request);
        request.send(body ?? null);
    });
}

function pairs(metadata) {
    return Object.entries(metadata).map(([key, value]) => `${key} ${base64(new TextEncoder().encode(value))}`).join(",");
}

/**
 * A file on its way. phase: checking, sending, paused, waiting (the line is cut), sent, cancelled, failed.
 * onChange gets {phase, sent, size, rate, left (seconds or null), problem} at each step.
 */
export class Upload {
    /** @param {{file: File, csrf: () => string, renew: () => Promise<void>, onChange: (state: object) => void, id?: string}} options id: an upload begun before */
    constructor({ file, csrf, renew, onChange, id }) {
        Object.assign(this, { file, csrf, renew, onChange, id, phase: "checking", sent: 0, problem: null, rate: new Rate(), attempts: 0, waits: 0, running: null });
    }

    #tell(change) {
        Object.assign(this, change);
        const rate = this.phase === "sending" ? this.rate.perSecond() : null;
        this.onChange({ phase: this.phase, sent: this.sent, size: this.file.size, rate, left: rate ? Math.ceil((this.file.size - this.sent) / rate) : null,
                        problem: this.problem });
    }

    #fail(status, text) {
        let problem = { status, slug: status === 0 ? "offline" : "unavailable" };
        try {
            const told = JSON.parse(text);
            problem = { ...told, status, slug: told.type.split("/").at(-1) };
        } catch (fault) {
            if (!(fault instanceof SyntaxError) && !(fault instanceof TypeError)) throw fault;
        }
        this.#tell({ phase: "failed", problem });
    }

    async #ask(method, address, more = {}) {
        const headers = { "X-CSRF-Token": this.csrf(), ...more.headers };
        return exchange(method, address, { ...more, headers, started: (request) => { this.running = request; } });
    }

    /** Makes the upload of an announced contribution. */
    async create(contribution) {
        const headers = { "Upload-Length": String(this.file.size), "Upload-Metadata": pairs({ contribution, filename: this.file.name }) };
        for (let attempt = 0; ; attempt++) {
            const answer = await this.#ask("POST", UPLOADS, { headers });
            if (answer.status === 201) {
                this.id = JSON.parse(answer.text).id;
                return true;
            }
            if (answer.status === 401 && attempt === 0) await this.renew();
            else return this.#fail(answer.status, answer.text), false;
        }
    }

    /** Sends what is missing. Resolves when all is there, or with a pause, a cancellation or a failure: see phase. */
    async start() {
        if (!canSeal()) return this.#fail(0, '{"type": "insecure_page"}');
        this.#tell({ phase: "checking", problem: null });
        this.rate = new Rate();
        for (let offset = await this.#stands(); this.#goes(); offset = await this.#next(offset)) {
            if (offset === this.file.size) return this.#tell({ phase: "sent", sent: offset });
        }
        return undefined;
    }

    #goes() {
        return ["checking", "sending", "waiting"].includes(this.phase);
    }

    /** Where the file stands at the trust. */
    async #stands() {
        const answer = await this.#ask("HEAD", `${UPLOADS}/${this.id}`);
        if (answer.status === 200 && answer.length !== this.file.size) return this.#fail(409, '{"type": "other_file"}'), 0;
        if (answer.status === 200) return this.#tell({ sent: answer.offset }), answer.offset;
        return this.#recover(answer, 0);
    }

    async #next(offset) {
        const chunk = await this.file.slice(offset, offset + CHUNK).arrayBuffer();
        const sum = base64(await sha256(new Uint8Array(chunk)));
        if (!this.#goes()) return offset;
        this.#tell({ phase: "sending", sent: offset });
        this.rate.add(performance.now(), offset);
        const answer = await this.#ask("PATCH", `${UPLOADS}/${this.id}`, { body: chunk, progress: (bytes) => this.#moved(offset + bytes),
            headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset), "Upload-Checksum": `sha256 ${sum}` } });
        if (answer.status !== 204) return this.#recover(answer, offset);
        this.attempts = this.waits = 0;
        this.#moved(answer.offset);
        return answer.offset;
    }

    #moved(sent) {
        if (this.phase !== "sending") return;
        this.rate.add(performance.now(), sent);
        this.#tell({ sent });
    }

    /** What an answer other than success means: the same chunk again (460), asking anew where the file stands, or the end. */
    async #recover(answer, offset) {
        if (!this.#goes()) return offset;
        const again = answer.status === 460, elsewhere = [0, 401, 403, 408, 409, 423, 429, 503].includes(answer.status);
        if (!(again || elsewhere) || (answer.status !== 0 && ++this.attempts > ATTEMPTS)) return this.#fail(answer.status, answer.text), offset;
        if (again) return offset;
        if ([401, 403].includes(answer.status)) await this.renew();
        else await this.#wait();
        return this.#goes() ? this.#stands() : offset;
    }

    /** Longer each time, up to half a minute; the browser's word that the line is back ends it. */
    async #wait() {
        this.#tell({ phase: "waiting" });
        this.waits = Math.min(30000, Math.max(500, 2 * this.waits));
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, this.waits);
            this.wake = () => (clearTimeout(timer), resolve());
            globalThis.addEventListener?.("online", this.wake, { once: true });
        });
    }

    /** Nothing more is sent until start() is called again. */
    pause() {
        this.#tell({ phase: "paused" });
        this.running?.abort();
        this.wake?.();
    }

    /** Ends it; nothing of the file stays at the trust. */
    async cancel() {
        this.pause();
        const answer = this.id ? await this.#ask("DELETE", `${UPLOADS}/${this.id}`) : { status: 204 };
        if ([204, 404, 410].includes(answer.status)) this.#tell({ phase: "cancelled" });
        else this.#fail(answer.status, answer.text);
    }
}

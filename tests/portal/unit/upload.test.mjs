// SPDX-License-Identifier: AGPL-3.0-or-later
// Uploads against a tus server of a few lines that loses chunks, answers and offsets as it is told; and what a page says of one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { Rate, Upload, percent, quarter } from "../../../services/portal/www/upload.js";

const MEGA = 1024 * 1024;

/** A trust's end of the line. `moods` answers a PATCH in another way than by storing it: a status, or 0 for a lost connection (stored all the same with "lost"). */
class Server {
    constructor(moods = []) {
        Object.assign(this, { moods, stored: [], log: [], length: 0, metadata: "", ended: false });
    }

    get offset() {
        return this.stored.reduce((sum, part) => sum + part.length, 0);
    }

    answer(method, headers, body) {
        this.log.push(method);
        assert.equal(headers["Tus-Resumable"], "1.0.0");
        assert.equal(headers["X-CSRF-Token"], "crumb");
        if (method === "POST") {
            Object.assign(this, { length: Number(headers["Upload-Length"]), metadata: headers["Upload-Metadata"] });
            return { status: 201, text: '{"id": "u1"}' };
        }
        if (method === "DELETE") return this.ended = true, { status: 204 };
        if (method === "HEAD") return { status: 200, offset: this.offset, length: this.length };
        return this.patch(headers, Buffer.from(body));
    }

    patch(headers, body) {
        const mood = this.moods.shift();
        assert.equal(headers["Content-Type"], "application/offset+octet-stream");
        assert.ok(body.length <= 4 * MEGA);
        assert.equal(headers["Upload-Checksum"], `sha256 ${createHash("sha256").update(body).digest("base64")}`);
        if (Number(headers["Upload-Offset"]) !== this.offset) return { status: 409 };
        if (mood === undefined || mood === "lost") this.stored.push(body);
        return mood === undefined ? { status: 204, offset: this.offset } : { status: mood === "lost" ? 0 : mood };
    }
}

/** What the module uses of XMLHttpRequest, on a server. */
function requestTo(server) {
    return class {
        upload = {};
        headers = {};
        open(method) {
            this.method = method;
        }
        setRequestHeader(name, value) {
            this.headers[name] = value;
        }
        getResponseHeader(name) {
            return { "Upload-Offset": this.said.offset, "Upload-Length": this.said.length }[name] ?? null;
        }
        abort() {
            this.aborted = true;
        }
        send(body) {
            setImmediate(() => {
                this.upload.onprogress?.({ loaded: body.byteLength / 2 });
                this.said = this.aborted ? { status: 0 } : server.answer(this.method, this.headers, body);
                Object.assign(this, { status: this.said.status, responseText: this.said.text ?? "" });
                this.onloadend();
            });
        }
    };
}

const bytes = Buffer.alloc(9 * MEGA + 17, "commonhold");

async function upload(server, act) {
    globalThis.XMLHttpRequest = requestTo(server);
    const seen = [];
    const made = new Upload({ file: new File([bytes], "week ñ.csv"), csrf: () => "crumb", renew: async () => server.log.push("renew"), onChange: (state) => {
        seen.push(state);
        act?.(made, state);
    } });
    assert.equal(await made.create("c1"), true);
    await made.start();
    return { made, seen };
}

test("three chunks, each with its checksum", async () => {
    const server = new Server();
    const { seen } = await upload(server);
    assert.deepEqual(server.log, ["POST", "HEAD", "PATCH", "PATCH", "PATCH"]);
    assert.ok(Buffer.concat(server.stored).equals(bytes));
    assert.equal(server.metadata, `contribution ${btoa("c1")},filename ${Buffer.from("week ñ.csv").toString("base64")}`);
    assert.deepEqual([seen[0].phase, seen.at(-1).phase, seen.at(-1).sent], ["checking", "sent", bytes.length]);
    assert.ok(seen.every((state, i) => i === 0 || state.sent >= seen[i - 1].sent));
});

for (const [what, moods, log] of [
    ["a chunk that arrived broken is sent again", [460], ["PATCH", "PATCH"]], ["a lost connection asks where the file stands", [0], ["PATCH", "HEAD", "PATCH"]],
    ["a lost answer sends nothing twice", ["lost"], ["PATCH", "HEAD", "PATCH"]], ["an old token is renewed", [401], ["PATCH", "renew", "HEAD", "PATCH"]],
    ["somebody else writes", [423], ["PATCH", "HEAD", "PATCH"]]]) {
    test(what, async () => {
        const server = new Server(moods);
        const { seen } = await upload(server);
        assert.equal(seen.at(-1).phase, "sent");
        assert.ok(Buffer.concat(server.stored).equals(bytes));
        assert.deepEqual(server.log.slice(2, 2 + log.length), log);
    });
}

test("what cannot go on fails and says why", async () => {
    for (const [moods, status] of [[[410], 410], [Array(20).fill(460), 460]]) {
        const { seen } = await upload(new Server(moods));
        assert.deepEqual([seen.at(-1).phase, seen.at(-1).problem.status], ["failed", status]);
    }
});

test("a pause stops, and start goes on at what is stored", async () => {
    const server = new Server();
    const { made } = await upload(server, (one, state) => state.phase === "sending" && server.stored.length === 1 && server.log.at(-1) === "PATCH" && !server.paused && (server.paused = true, one.pause()));
    assert.equal(made.phase, "paused");
    assert.ok(server.offset < bytes.length);
    await made.start();
    assert.equal(made.phase, "sent");
    assert.ok(Buffer.concat(server.stored).equals(bytes));
});

test("a cancelled upload is ended at the trust", async () => {
    const server = new Server();
    let ended;
    const { seen } = await upload(server, (one, state) => {
        if (state.phase === "sending" && server.stored.length === 1) ended ??= one.cancel();
    });
    await ended;
    assert.deepEqual([server.ended, seen.at(-1).phase], [true, "cancelled"]);
});

test("another file does not go on where this one was", async () => {
    const server = new Server();
    globalThis.XMLHttpRequest = requestTo(server);
    server.length = 5;
    const seen = [];
    await new Upload({ file: new File([bytes], "x"), id: "u1", csrf: () => "crumb", renew: async () => {}, onChange: (state) => seen.push(state) }).start();
    assert.deepEqual([seen.at(-1).phase, seen.at(-1).problem.slug, server.stored.length], ["failed", "other_file", 0]);
});

test("what is announced, and how fast it was", () => {
    assert.deepEqual([quarter(0, 24), quarter(24, 25), quarter(25, 49), quarter(20, 80), quarter(76, 100)], [null, 25, null, 75, null]);
    assert.deepEqual([percent(0, 10), percent(999, 1000), percent(2 ** 40, 2 ** 40), percent(0, 0)], [0, 99, 100, 100]);
    const rate = new Rate();
    assert.equal(rate.perSecond(), null);
    for (let second = 0; second <= 20; second++) rate.add(second * 1000, second < 10 ? 0 : (second - 10) * 500);
    assert.equal(rate.perSecond(), 500);
});

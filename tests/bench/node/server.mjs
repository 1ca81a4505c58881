// SPDX-License-Identifier: AGPL-3.0-or-later
// The plain way to take usage events: fastify parses the batch, pg stores it with one INSERT ... unnest per request. No rollup, no grants, no
// quarantine, two processes' worth of connections in one pool. Usage: node server.mjs PORT CONNECTION-STRING-PARTS (JSON)
import { createHash } from "node:crypto";
import Fastify from "fastify";
import pg from "pg";

const [port, options] = [Number(process.argv[2]), JSON.parse(process.argv[3])];
const pool = new pg.Pool({ ...options, max: 8 });
const app = Fastify({ bodyLimit: 8 << 20 });
app.addContentTypeParser("application/cloudevents-batch+json", { parseAs: "string" }, app.getDefaultJsonParser("error", "ignore"));

const INSERT = {
    name: "insert",
    text: `INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, occurred_at, content_hash)
        SELECT $1::integer, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::uuid[], $8::timestamptz[], $9::bytea[])
        ON CONFLICT DO NOTHING`,
};

app.post("/events", async (request) => {
    const columns = [[], [], [], [], [], [], [], []];
    for (const event of request.body) {
        const { pool: ref, meter, units, contribution } = event.data;
        const hash = createHash("sha256").update(`${event.subject} ${ref} ${meter} ${units} ${contribution} ${event.time}`).digest();
        const row = [event.id, event.subject, options.pool_id, meter, units, contribution ?? null, event.time, hash];
        row.forEach((value, i) => columns[i].push(value));
    }
    const done = await pool.query({ ...INSERT, values: [998, ...columns] });
    return { accepted: done.rowCount, duplicates: request.body.length - done.rowCount, rejected: [] };
});

app.get("/ready", async () => ({ ready: true }));
await app.listen({ port, host: "127.0.0.1" });

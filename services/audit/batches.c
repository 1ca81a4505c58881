/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* O2: a bank file is the bytes that were approved and logged; its count and sums are those of its lines; its ids are
 * made from stored ids, which no other file can have; its lines are the payments of its batch, each once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "xml.h"

static const char UNITS[] =
    "SELECT b.id::text, pg_catalog.date_trunc('month', b.frozen_at)::date::text, CASE WHEN $1::date[] IS NULL OR "
    "pg_catalog.date_trunc('month', b.frozen_at)::date = ANY ($1::date[]) OR NOT EXISTS (SELECT FROM payout.txn AS t "
    "WHERE t.month = "
    "pg_catalog.date_trunc('month', b.frozen_at)::date) THEN "
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', "
    "b.id, b.count, b.total, b.message_id, b.file_sha256, b.state NOT IN ('draft', 'frozen', 'cancelled'), (SELECT "
    "pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') FROM payout.evidence AS e WHERE e.sha256 = b.file_sha256), "
    "(SELECT "
    "pg_catalog.string_agg(v.id || v.text, ',' ORDER BY v.id) FROM payout.approval AS v WHERE v.batch_id = b.id), "
    "(SELECT "
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.concat_ws(' ', p.id, "
    "p.minor, p.end_to_end_id, p.uetr), "
    "',' ORDER BY p.id), 'UTF8')), 'hex') FROM payout.payment AS p WHERE p.batch_id = b.id), (SELECT "
    "pg_catalog.string_agg(n.object_sha256, ',' ORDER "
    "BY n.index) FROM log.entry AS n WHERE n.type = 'batch' AND n.object_id = b.id::text)), 'UTF8')), 'hex') END FROM "
    "payout.batch AS b WHERE "
    "b.file_sha256 IS NOT NULL ORDER BY b.frozen_at, b.id";

static const char FACTS[] = "SELECT b.file_sha256, b.message_id, b.count::text, b.total::text, e.bytes, "
                            "COALESCE((SELECT n.object_sha256 FROM log.entry AS n WHERE n.type = "
                            "'batch' AND n.object_id = b.id::text ORDER BY n.index LIMIT 1), (SELECT "
                            "w.payload->>'sha256' FROM log.outbox AS w WHERE w.topic = 'leaf' AND "
                            "w.done_at IS NULL AND w.payload->>'type' = 'batch' AND w.payload->>'id' = b.id::text "
                            "LIMIT 1)) FROM payout.batch AS b LEFT JOIN payout.evidence AS "
                            "e ON e.sha256 = b.file_sha256 WHERE b.id = $1::uuid";
enum { FILE_HASH, MESSAGE, COUNT, TOTAL, BYTES, LEAF };

static const char APPROVALS[] =
    "SELECT v.id::text, pg_catalog.substring(v.text, '\\nfile ([0-9a-f]{64})\\n'), pg_catalog.substring(v.text, "
    "'\\nbatch "
    "([0-9a-f-]+)\\n'), pg_catalog.substring(v.text, '\\ntotal ([0-9]+) '), pg_catalog.substring(v.text, '\\ncount "
    "([0-9]+)\\n') FROM payout.approval AS v WHERE v.batch_id = $1::uuid ORDER BY v.id";

static const char PAYMENTS[] = "SELECT p.id::text, p.minor::text, p.end_to_end_id, p.uetr::text FROM payout.payment AS "
                               "p WHERE p.batch_id = $1::uuid";

struct transfer {
    const char *end_to_end, *uetr, *amount;
    long long minor;
    bool good, taken;
};

/* What the file says, and what its lines come to. */
struct file {
    struct ch_arena *arena;
    const char *message, *head_count, *head_sum, *block, *block_count, *block_sum;
    struct transfer *transfers;
    size_t count, room, block_first;
    long long sum, block_total;
    size_t blocks;
    struct audit *a;
    const char *id;
};

static void differ(struct audit *a, const char *id, const char *aspect, const char *expected, const char *found,
                   const char *text)
{
    if (!expected || !found || strcmp(expected, found) != 0)
        audit_add(a, &(struct audit_finding){.object_type = "batch",
                                             .object_id = id,
                                             .aspect = aspect,
                                             .expected = expected ? expected : "none",
                                             .found = found ? found : "none",
                                             .text = text});
}

static void differ_money(struct audit *a, const char *id, const char *aspect, long long expected,
                         const char *found_text, const char *text)
{
    long long found = 0;
    bool good = found_text && xml_minor(found_text, &found);
    if (good && found == expected)
        return;
    audit_add(a, &(struct audit_finding){.object_type = "batch",
                                         .object_id = id,
                                         .aspect = aspect,
                                         .expected = ch_printf(a->arena, "%lld", expected),
                                         .found = good ? ch_printf(a->arena, "%lld", found) : "none",
                                         .delta = found - expected,
                                         .direction = "outside",
                                         .text = text});
}

static void begin_element(void *context, const char *path)
{
    struct file *f = context;
    if (xml_ends(path, "CstmrCdtTrfInitn/PmtInf")) {
        f->block = f->block_count = f->block_sum = NULL;
        f->block_first = f->count;
        f->block_total = 0;
        f->blocks++;
    } else if (xml_ends(path, "PmtInf/CdtTrfTxInf")) {
        if (f->count == f->room) {
            size_t room = f->room ? f->room * 2 : 64;
            struct transfer *bigger = ch_alloc_array(f->arena, room, sizeof *bigger);
            if (f->count)
                memcpy(bigger, f->transfers, f->count * sizeof *bigger);
            f->transfers = bigger;
            f->room = room;
        }
        f->transfers[f->count++] = (struct transfer){0};
    }
}

static void end_block(struct file *f)
{
    static const char TEXT[] =
        "count and sum of the block are not those of its lines: a line was added, dropped or changed";
    struct ch_arena *arena = f->arena;
    differ(f->a, f->id, ch_printf(arena, "PmtInfId %zu", f->blocks),
           ch_printf(arena, "%s-%zu", f->message ? f->message : "", f->blocks), f->block,
           "the id of the block does not follow from the message's");
    differ(f->a, f->id, ch_printf(arena, "NbOfTxs %zu", f->blocks), ch_printf(arena, "%zu", f->count - f->block_first),
           f->block_count, TEXT);
    differ_money(f->a, f->id, ch_printf(arena, "CtrlSum %zu", f->blocks), f->block_total, f->block_sum, TEXT);
}

static void end_transfer(struct file *f)
{
    struct transfer *t = &f->transfers[f->count - 1];
    t->good = t->amount && xml_minor(t->amount, &t->minor);
    f->sum += t->minor;
    f->block_total += t->minor;
}

static void end_element(void *context, const char *path, const char *text)
{
    struct file *f = context;
    const char *kept = ch_strdup(f->arena, text);
    struct transfer *t = f->count ? &f->transfers[f->count - 1] : NULL;
    if (xml_ends(path, "GrpHdr/MsgId"))
        f->message = kept;
    else if (xml_ends(path, "GrpHdr/NbOfTxs"))
        f->head_count = kept;
    else if (xml_ends(path, "GrpHdr/CtrlSum"))
        f->head_sum = kept;
    else if (xml_ends(path, "PmtInf/PmtInfId"))
        f->block = kept;
    else if (xml_ends(path, "PmtInf/NbOfTxs"))
        f->block_count = kept;
    else if (xml_ends(path, "PmtInf/CtrlSum"))
        f->block_sum = kept;
    else if (t && xml_ends(path, "CdtTrfTxInf/PmtId/EndToEndId"))
        t->end_to_end = kept;
    else if (t && xml_ends(path, "CdtTrfTxInf/PmtId/UETR"))
        t->uetr = kept;
    else if (t && xml_ends(path, "CdtTrfTxInf/Amt/InstdAmt"))
        t->amount = kept;
    else if (xml_ends(path, "PmtInf/CdtTrfTxInf"))
        end_transfer(f);
    else if (xml_ends(path, "CstmrCdtTrfInitn/PmtInf"))
        end_block(f);
}

/* Ids are functions of stored ids; so two files cannot share one. */
static void derive(const char *payment, char end_to_end[28], char uetr[37])
{
    uint8_t id[16], digest[32];
    memset(end_to_end, 0, 28);
    memset(uetr, 0, 37);
    if (!ch_id_parse(payment, id))
        return;
    end_to_end[0] = 'E';
    ch_base32(id, 128, end_to_end + 1);
    ch_sha256(id, 16, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x40);
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
    ch_id_format(digest, uetr);
}

static int by_end_to_end(const void *left, const void *right)
{
    const struct transfer *a = left, *b = right;
    return strcmp(a->end_to_end ? a->end_to_end : "", b->end_to_end ? b->end_to_end : "");
}

static void judge_payment(struct file *f, const PGresult *rows, int i)
{
    char end_to_end[28], uetr[37];
    const char *payment = PQgetvalue(rows, i, 0);
    derive(payment, end_to_end, uetr);
    differ(f->a, f->id, ch_printf(f->arena, "stored EndToEndId of payment %s", payment), end_to_end,
           audit_text(rows, i, 2), "the stored id does not follow from the payment's");
    differ(f->a, f->id, ch_printf(f->arena, "stored UETR of payment %s", payment), uetr, audit_text(rows, i, 3),
           "the stored id does not follow from the payment's");
    struct transfer key = {.end_to_end = end_to_end};
    struct transfer *t = f->count ? bsearch(&key, f->transfers, f->count, sizeof key, by_end_to_end) : NULL;
    if (t)
        t->taken = true;
    differ(f->a, f->id, ch_printf(f->arena, "UETR of payment %s", payment), uetr, t ? t->uetr : NULL,
           "the payment is not in the file under its ids");
    if (t && (!t->good || t->minor != audit_integer(rows, i, 1)))
        audit_add(f->a, &(struct audit_finding){.object_type = "batch",
                                                .object_id = f->id,
                                                .aspect = ch_printf(f->arena, "amount of payment %s", payment),
                                                .expected = PQgetvalue(rows, i, 1),
                                                .found = ch_printf(f->arena, "%lld", t->minor),
                                                .delta = t->minor - audit_integer(rows, i, 1),
                                                .direction = "member",
                                                .text = "the file pays another amount than the payment"});
}

static void judge_strangers(struct file *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct transfer *t = &f->transfers[i];
        if (t->taken)
            continue;
        audit_add(f->a, &(struct audit_finding){
                            .object_type = "batch",
                            .object_id = f->id,
                            .aspect = ch_printf(f->arena, "line %s", t->end_to_end ? t->end_to_end : ""),
                            .expected = "0",
                            .found = ch_printf(f->arena, "%lld", t->minor),
                            .delta = t->minor,
                            .direction = "outside",
                            .text = "the file has a line that no payment of the batch stands for, or has it twice"});
    }
}

static bool judge_file(struct audit *a, const char *unit, const PGresult *facts, const void *bytes, size_t size)
{
    struct file f = {.arena = a->arena, .a = a, .id = unit, .message = PQgetvalue(facts, 0, MESSAGE)};
    struct xml_calls calls = {begin_element, end_element, &f};
    if (!xml_walk(a->arena, bytes, size, &calls)) {
        differ(a, unit, "XML", "a readable pain.001 file", "none", "the stored file cannot be read");
        return true;
    }
    uint8_t id[16];
    char message[29] = "CH";
    if (ch_id_parse(unit, id))
        ch_base32(id, 128, message + 2);
    differ(a, unit, "MsgId", message, f.message, "the id of the file does not follow from the batch's");
    differ(a, unit, "stored message_id", message, audit_text(facts, 0, MESSAGE),
           "the stored id does not follow from the batch's");
    differ(a, unit, "NbOfTxs", ch_printf(a->arena, "%zu", f.count), f.head_count,
           "the count is not that of the file's lines");
    differ_money(a, unit, "CtrlSum", f.sum, f.head_sum, "the sum is not that of the file's lines");
    differ(a, unit, "count", ch_printf(a->arena, "%zu", f.count), audit_text(facts, 0, COUNT),
           "the batch has another count than its file");
    differ(a, unit, "total", ch_printf(a->arena, "%lld", f.sum), audit_text(facts, 0, TOTAL),
           "the batch has another total than its file");
    PGresult *payments = audit_query(a, a->source, PAYMENTS, AUDIT_ARGS(unit));
    if (f.count)
        qsort(f.transfers, f.count, sizeof *f.transfers, by_end_to_end);
    for (int i = 0; payments && i < PQntuples(payments); i++)
        judge_payment(&f, payments, i);
    judge_strangers(&f);
    return payments != NULL;
}

static bool judge_approvals(struct audit *a, const char *unit, const PGresult *facts)
{
    static const char TEXT[] =
        "the approval signs another file, batch, total or count: who approved what is not what lies there";
    PGresult *rows = audit_query(a, a->source, APPROVALS, AUDIT_ARGS(unit));
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        const char *id = PQgetvalue(rows, i, 0);
        differ(a, unit, ch_printf(a->arena, "file of approval %s", id), audit_text(rows, i, 1),
               audit_text(facts, 0, FILE_HASH), TEXT);
        differ(a, unit, ch_printf(a->arena, "batch of approval %s", id), audit_text(rows, i, 2), unit, TEXT);
        differ(a, unit, ch_printf(a->arena, "total of approval %s", id), audit_text(rows, i, 3),
               audit_text(facts, 0, TOTAL), TEXT);
        differ(a, unit, ch_printf(a->arena, "count of approval %s", id), audit_text(rows, i, 4),
               audit_text(facts, 0, COUNT), TEXT);
    }
    return rows != NULL;
}

static void free_bytes(void *bytes)
{
    PQfreemem(bytes);
}

static bool judge_batch(struct audit *a, const char *unit)
{
    PGresult *facts = audit_query(a, a->source, FACTS, AUDIT_ARGS(unit));
    if (!facts || PQntuples(facts) == 0)
        return facts != NULL;
    size_t size = 0;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(facts, 0, BYTES), &size);
    if (!bytes)
        return audit_fail(a, "batch %s: out of memory", unit);
    ch_arena_on_free(a->arena, free_bytes, bytes);
    char hash[65];
    ch_sha256_hex(bytes, size, hash);
    differ(a, unit, "file", audit_text(facts, 0, FILE_HASH), PQgetisnull(facts, 0, BYTES) ? NULL : hash,
           "the stored bytes are not the file the batch names: they were edited after the freeze");
    differ(a, unit, "logged file", audit_text(facts, 0, LEAF), audit_text(facts, 0, FILE_HASH),
           "the log was told of another file");
    return judge_approvals(a, unit, facts) && judge_file(a, unit, facts, bytes, size);
}

bool audit_batches(struct audit *a)
{
    return audit_each_unit(a, UNITS, judge_batch);
}

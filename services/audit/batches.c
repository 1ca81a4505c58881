/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* O2: a bank file is the bytes that were approved and logged; its counts and sums are those of its lines; its ids are
 * made from stored ids, which no other file can have. What its lines stand for is O1's. */
#include <string.h>

#include "payouts.h"
#include "transfers.h"
#include "xml.h"

/* What the batch says of its file, and what the log was told. */
static const char FACTS[] = "SELECT b.file_sha256, b.count::text, b.total::text, "
                            "COALESCE((SELECT n.object_sha256 FROM log.entry AS n WHERE n.type = "
                            "'batch' AND n.object_id = b.id::text ORDER BY n.index LIMIT 1), (SELECT "
                            "w.payload->>'sha256' FROM log.outbox AS w WHERE w.topic = 'leaf' AND "
                            "w.done_at IS NULL AND w.payload->>'type' = 'batch' AND w.payload->>'id' = b.id::text "
                            "LIMIT 1)) FROM payout.batch AS b WHERE b.id = $1::uuid AND b.file_sha256 IS NOT NULL";
enum { FILE_HASH, COUNT, TOTAL, LEAF };

static const char APPROVED[] = "SELECT v.id::text, pg_catalog.substring(v.text, '\\nfile ([0-9a-f]{64})\\n') FROM "
                               "payout.approval AS v WHERE v.batch_id = $1::uuid ORDER BY v.id";

static void differ(struct audit *a, const char *id, const char *aspect, const char *expected, const char *found,
                   const char *text)
{
    payouts_differ(a, "batch", id, aspect, expected, found, text);
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

static void judge_block(struct audit *a, const char *id, const struct transfer_block *block, size_t n,
                        const char *message)
{
    static const char TEXT[] =
        "count and sum of the block are not those of its lines: a line was added, dropped or changed";
    differ(a, id, ch_printf(a->arena, "PmtInfId %zu", n), ch_printf(a->arena, "%s-%zu", message, n), block->id,
           "the id of the block does not follow from the message's");
    differ(a, id, ch_printf(a->arena, "NbOfTxs %zu", n), ch_printf(a->arena, "%zu", block->lines), block->count, TEXT);
    differ_money(a, id, ch_printf(a->arena, "CtrlSum %zu", n), block->total, block->sum, TEXT);
}

static void judge_head(struct audit *a, const char *id, const struct transfer_file *file, const PGresult *facts)
{
    char message[29];
    const char *count = ch_printf(a->arena, "%zu", file->lines_count);
    transfers_message(id, message);
    differ(a, id, "MsgId", message, file->message, "the id of the file does not follow from the batch's");
    differ(a, id, "NbOfTxs", count, file->count, "the count is not that of the file's lines");
    differ_money(a, id, "CtrlSum", file->total, file->sum, "the sum is not that of the file's lines");
    differ(a, id, "count", count, audit_text(facts, 0, COUNT), "the batch has another count than its file");
    differ(a, id, "total", ch_printf(a->arena, "%lld", file->total), audit_text(facts, 0, TOTAL),
           "the batch has another total than its file");
}

static bool judge_approved(struct audit *a, const char *id, const PGresult *facts)
{
    PGresult *rows = audit_query(a, a->source, APPROVED, AUDIT_ARGS(id));
    for (int i = 0; rows && i < PQntuples(rows); i++)
        differ(a, id, ch_printf(a->arena, "file of approval %s", PQgetvalue(rows, i, 0)), audit_text(rows, i, 1),
               audit_text(facts, 0, FILE_HASH), "the approval is of another file: who approved what lies there?");
    return rows != NULL;
}

bool payouts_file(struct audit *a, const char *batch)
{
    struct transfer_file file;
    PGresult *facts = audit_query(a, a->source, FACTS, AUDIT_ARGS(batch));
    if (!facts || PQntuples(facts) == 0)
        return facts != NULL;
    if (!transfers_read(a, batch, &file) || !judge_approved(a, batch, facts))
        return false;
    differ(a, batch, "file", audit_text(facts, 0, FILE_HASH), file.hash,
           "the stored bytes are not the file the batch names: they were edited after the freeze");
    differ(a, batch, "logged file", audit_text(facts, 0, LEAF), audit_text(facts, 0, FILE_HASH),
           "the log was told of another file");
    if (!file.readable) {
        differ(a, batch, "XML", "a readable pain.001 file", "none", "the stored file cannot be read");
        return true;
    }
    judge_head(a, batch, &file, facts);
    size_t n = 0;
    for (const struct transfer_block *block = file.blocks; block; block = block->next)
        judge_block(a, batch, block, ++n, file.message ? file.message : "");
    return true;
}

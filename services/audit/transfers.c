/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bank files read again with libxml2: the service writes them with its own code, and nothing of that is used here. What
 * the lines are compared with is the callers'. */
#include "transfers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "xml.h"

static const char FILE_OF[] = "SELECT e.bytes FROM payout.batch AS b JOIN payout.evidence AS e ON e.sha256 = "
                              "b.file_sha256 WHERE b.id = $1::uuid";

/* The file at work. */
struct reading {
    struct ch_arena *arena;
    struct transfer_file *file;
    struct transfer_block *block, **next; /* the one at work, and where the one behind it goes */
    struct transfer *line;                /* the one at work, NULL between them */
    size_t room;
};

static void begin_block(struct reading *r)
{
    r->block = ch_alloc(r->arena, sizeof *r->block);
    *r->block = (struct transfer_block){0};
    *r->next = r->block;
    r->next = &r->block->next;
}

static void begin_line(struct reading *r)
{
    struct transfer_file *f = r->file;
    f->lines = ch_arena_grow(r->arena, f->lines, &r->room, (f->lines_count + 1) * sizeof *f->lines);
    r->line = &f->lines[f->lines_count++];
    *r->line = (struct transfer){0};
}

static void begin_element(void *context, const char *path)
{
    struct reading *r = context;
    if (xml_ends(path, "CstmrCdtTrfInitn/PmtInf"))
        begin_block(r);
    else if (r->block && !r->line && xml_ends(path, "PmtInf/CdtTrfTxInf"))
        begin_line(r);
}

/* A text that is kept: the end of its path, and its place in a structure. */
struct place {
    const char *tail;
    size_t at;
};

static const struct place HEAD[] = {{"GrpHdr/MsgId", offsetof(struct transfer_file, message)},
                                    {"GrpHdr/NbOfTxs", offsetof(struct transfer_file, count)},
                                    {"GrpHdr/CtrlSum", offsetof(struct transfer_file, sum)},
                                    {0}};
static const struct place BLOCK[] = {{"PmtInf/PmtInfId", offsetof(struct transfer_block, id)},
                                     {"PmtInf/NbOfTxs", offsetof(struct transfer_block, count)},
                                     {"PmtInf/CtrlSum", offsetof(struct transfer_block, sum)},
                                     {0}};
static const struct place LINE[] = {{"PmtId/EndToEndId", offsetof(struct transfer, end_to_end)},
                                    {"PmtId/UETR", offsetof(struct transfer, uetr)},
                                    {"CdtrAcct/Id/IBAN", offsetof(struct transfer, iban)},
                                    {"Amt/InstdAmt", offsetof(struct transfer, amount)},
                                    {0}};

static void keep(struct reading *r, const struct place *place, void *into, const char *path, const char *text)
{
    while (place->tail && !xml_ends(path, place->tail))
        place++;
    if (place->tail)
        *(const char **)((char *)into + place->at) = ch_strdup(r->arena, text);
}

static void end_line(struct reading *r, struct transfer *t)
{
    t->good = t->amount && xml_minor(t->amount, &t->minor);
    r->block->lines++;
    r->block->total += t->minor;
    r->file->total += t->minor;
    r->line = NULL;
}

static void end_element(void *context, const char *path, const char *text)
{
    struct reading *r = context;
    if (r->line && xml_ends(path, "PmtInf/CdtTrfTxInf"))
        end_line(r, r->line);
    else if (r->line)
        keep(r, LINE, r->line, path, text);
    else if (r->block)
        keep(r, BLOCK, r->block, path, text);
    else
        keep(r, HEAD, r->file, path, text);
}

static const char *key_of(const struct transfer *t)
{
    return t->end_to_end ? t->end_to_end : "";
}

static int by_end_to_end(const void *left, const void *right)
{
    return strcmp(key_of(left), key_of(right));
}

bool transfers_read(struct audit *a, const char *batch, struct transfer_file *file)
{
    size_t size;
    const void *bytes;
    *file = (struct transfer_file){0};
    if (!audit_bytes(a, FILE_OF, batch, &bytes, &size))
        return false;
    if (!bytes)
        return true;
    char hash[65];
    ch_sha256_hex(bytes, size, hash);
    file->hash = ch_strdup(a->arena, hash);
    struct reading reading = {.arena = a->arena, .file = file, .next = &file->blocks};
    struct xml_calls calls = {begin_element, end_element, &reading};
    file->readable = xml_walk(a->arena, bytes, size, &calls);
    if (file->lines_count)
        qsort(file->lines, file->lines_count, sizeof *file->lines, by_end_to_end);
    return true;
}

struct transfer *transfers_find(const struct transfer_file *file, const char *end_to_end)
{
    const struct transfer key = {.end_to_end = end_to_end};
    return file->lines_count ? bsearch(&key, file->lines, file->lines_count, sizeof key, by_end_to_end) : NULL;
}

void transfers_message(const char *batch, char message[29])
{
    uint8_t id[16];
    memset(message, 0, 29);
    if (!ch_id_parse(batch, id))
        return;
    memcpy(message, "CH", 2);
    ch_base32(id, 128, message + 2);
}

void transfers_ids(const char *payment, char end_to_end[28], char uetr[37])
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

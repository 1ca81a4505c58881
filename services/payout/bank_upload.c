/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /bank-statements: a bank file of any length in little memory. It is read on a helper thread as it comes, its
 * pieces are staged, and the last call books the whole of it or nothing. What an upload that broke off has staged,
 * payout.tick throws away. */
#include <event2/buffer.h>
#include <string.h>

#include "bank_file.h"
#include "payout_role.h"

PAYOUT_READ(open_import, "payout.open_import", "$1::uuid");
CH_FUNCTION(stage_import, "payout.stage_import", "$1::uuid, $2::uuid, $3::integer, $4::bytea, $5::jsonb");
CH_FUNCTION(import_statement, "payout.import_statement", "$1::uuid, $2::bytea, $3::jsonb, $4::uuid, $5::text");

struct upload {
    const char *id; /* of what is staged */
    struct bank_file *file;
    struct evbuffer *bytes; /* the piece in hand */
    enum ch_body_end end;
    bool good;
};

static ch_body_piece take_bytes;

static void free_file(void *file)
{
    bank_file_free(file);
}

static void read_bytes(void *state)
{
    struct upload *upload = state;
    struct evbuffer_iovec part[64];
    bool last = upload->end == CH_BODY_LAST;
    upload->good = true;
    while (upload->good && evbuffer_get_length(upload->bytes) > 0) {
        int parts = evbuffer_peek(upload->bytes, -1, NULL, part, 64);
        size_t size = 0;
        for (int i = 0; i < parts && i < 64 && upload->good; i++) {
            upload->good = bank_file_feed(upload->file, part[i].iov_base, part[i].iov_len, false);
            size += part[i].iov_len;
        }
        evbuffer_drain(upload->bytes, size);
    }
    if (upload->good && last)
        upload->good = bank_file_feed(upload->file, "", 0, true);
}

static struct ch_done *staged(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return ch_body_read(request, take_bytes);
}

static struct ch_done *after_reading(struct ch_request *request, void *state)
{
    struct upload *upload = state;
    if (!upload->good)
        return ch_refuse(request, bank_file_outcome(upload->file), "%s", bank_file_error(upload->file));
    if (upload->end != CH_BODY_LAST && !bank_file_full(upload->file))
        return ch_body_read(request, take_bytes);
    struct bank_piece piece = bank_file_take(upload->file);
    if (upload->end != CH_BODY_LAST)
        return ch_call_then(request, &stage_import,
                            CH_ARGS(actor_id(request), upload->id, piece.number, piece.bytes, piece.document), staged);
    return ch_call(request, &import_statement,
                   CH_ARGS(actor_id(request), piece.bytes, piece.document, upload->id, bank_file_sha256(upload->file)));
}

static struct ch_done *take_bytes(struct ch_request *request, struct evbuffer *bytes, enum ch_body_end end)
{
    struct upload *upload = ch_state(request);
    upload->bytes = bytes;
    upload->end = end;
    switch (end) {
    case CH_BODY_MORE:
    case CH_BODY_IDLE:
    case CH_BODY_LAST:
        return ch_offload_file(request, read_bytes, after_reading, upload);
    case CH_BODY_BROKEN:
    case CH_BODY_LATE:
    case CH_BODY_STOPPED:
    case CH_BODY_MALFORMED:
    case CH_BODY_TOO_LARGE:
        return ch_body_refuse(request, end);
    }
    return ch_body_refuse(request, end);
}

static struct ch_done *opened(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    struct upload *upload = ch_alloc(arena, sizeof *upload);
    const json_t *book = payout_parse(arena, answer->body);
    upload->id = payout_text(book, "id");
    upload->file = bank_file_new(payout_text(book, "currency"), (int)payout_integer(book, "minor_digits"));
    ch_arena_on_free(arena, free_file, upload->file);
    ch_set_state(request, upload);
    ch_body_limit(request, BANK_FILE_MAX);
    return ch_body_read(request, take_bytes);
}

struct ch_done *post_bank_statement(struct ch_request *request)
{
    return ch_call_then(request, &open_import, CH_ARGS(actor_id(request)), opened);
}

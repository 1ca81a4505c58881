/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a contribution, CSV or NDJSON: read whole and in small pieces must give the same rows and errors, and
 * what goes to COPY must hold one line for each row. The first byte chooses format, delimiter and piece size. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/licensing/core/ingest.h"
#include "../../services/licensing/core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char schema_text[] =
    "{\"fields\":[{\"name\":\"a\",\"type\":\"string\",\"ch:sensitivity\":\"none\",\"constraints\":{\"maxLength\":9}},"
    "{\"name\":\"b\",\"type\":\"number\",\"ch:sensitivity\":\"none\",\"constraints\":{\"minimum\":\"-1.5\",\"unique\":"
    "true}},"
    "{\"name\":\"c\",\"type\":\"datetime\",\"ch:sensitivity\":\"none\",\"ch:timezone\":\"+01:00\"},"
    "{\"name\":\"d\",\"type\":\"integer\",\"ch:sensitivity\":\"none\"},"
    "{\"name\":\"e\",\"type\":\"boolean\",\"ch:sensitivity\":\"none\"},"
    "{\"name\":\"f\",\"type\":\"date\",\"ch:sensitivity\":\"none\",\"constraints\":{\"minimum\":\"1900-01-01\"}}]}";

static void require(bool held)
{
    if (!held)
        abort();
}

/* A running hash of all rows: FNV-1a. */
struct sink {
    uint64_t hash, rows;
};

static void on_row(void *context, const struct ch_cell *cells, size_t count)
{
    struct sink *sink = context;
    static char text[1 << 16];
    sink->rows++;
    for (size_t i = 0; i < count; i++) {
        require(!cells[i].text || ch_utf8_valid(cells[i].text, cells[i].length));
        size_t length = ch_ingest_copy_cell(&cells[i], text);
        require(!memchr(text, '\n', length) && !memchr(text, '\t', length));
        for (size_t j = 0; j < length; j++)
            sink->hash = (sink->hash ^ (unsigned char)text[j]) * UINT64_C(1099511628211);
        sink->hash = (sink->hash ^ '\t') * UINT64_C(1099511628211);
    }
}

static struct ch_ingest_result *read_in_pieces(struct ch_arena *arena, struct ch_ingest_options *options,
                                               struct sink *sink, const char *text, size_t size, size_t piece)
{
    struct ch_ingest_result *copy = ch_alloc(arena, sizeof *copy);
    options->row = on_row;
    options->context = sink;
    struct ch_ingest *ingest = ch_ingest_new(arena, options);
    for (size_t i = 0; i < size; i += piece)
        ch_ingest_feed(ingest, text + i, size - i < piece ? size - i : piece);
    *copy = *ch_ingest_end(ingest);
    require(copy->good == sink->rows || !options->accept_partial);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_json_error error;
    struct sink whole = {0, 0}, pieces = {0, 0};
    bool unsupported;
    ch_faults_init(&faults, arena);
    json_t *doc = ch_json_parse(arena, schema_text, sizeof schema_text - 1, &CH_JSON_BODY, &error);
    struct ch_ingest_options options = {.schema = ch_table_schema_parse(&faults, doc, &unsupported),
                                        .format = bytes[0] & 1 ? CH_INGEST_NDJSON : CH_INGEST_CSV,
                                        .delimiter = ",;\t|"[bytes[0] >> 1 & 3],
                                        .accept_partial = bytes[0] & 8};
    const char *text = (const char *)bytes + 1;
    const struct ch_ingest_result *a = read_in_pieces(arena, &options, &whole, text, size - 1, size);
    const struct ch_ingest_result *b = read_in_pieces(arena, &options, &pieces, text, size - 1, (bytes[0] >> 4) + 1u);
    require(whole.hash == pieces.hash && whole.rows == pieces.rows);
    require(a->good == b->good && a->bad == b->bad && a->error_count == b->error_count && a->accepted == b->accepted);
    for (size_t i = 0; i < a->error_count; i++) {
        require(a->errors[i].line == b->errors[i].line && a->errors[i].row == b->errors[i].row);
        require(a->errors[i].reason == b->errors[i].reason && strcmp(a->errors[i].value, b->errors[i].value) == 0);
        require(strcmp(a->errors[i].column, b->errors[i].column) == 0);
    }
    ch_arena_free(arena);
    return 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the fuzz targets of the two formats share: any bytes as a contribution. Read whole and in small pieces must give
 * the same rows and errors, and what goes to COPY must hold one line for each row. The first byte chooses delimiter,
 * piece size and whether bad rows are left out. */
#ifndef FUZZ_INGEST_H
#define FUZZ_INGEST_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/licensing/core/copy.h"
#include "../../services/licensing/core/ingest.h"
#include "commonhold/utf8.h"

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
    const struct ch_table_schema *schema;
};

static void on_row(void *context, const struct ch_cell *cells, size_t count)
{
    struct sink *sink = context;
    static char text[1 << 16];
    sink->rows++;
    for (size_t i = 0; i < count; i++) {
        require(!cells[i].text || ch_utf8_valid(cells[i].text, cells[i].length));
        size_t length = (size_t)(ch_copy_cell(text, sink->schema->fields[i].type, &cells[i]) - text);
        uint32_t said = (uint32_t)(uint8_t)text[0] << 24 | (uint32_t)(uint8_t)text[1] << 16 |
                        (uint32_t)(uint8_t)text[2] << 8 | (uint8_t)text[3];
        require(length <= ch_copy_room(&cells[i]) && length == 4 + (cells[i].text ? said : 0));
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
    sink->schema = options->schema;
    struct ch_ingest *ingest = ch_ingest_new(arena, options);
    for (size_t i = 0; i < size; i += piece)
        ch_ingest_feed(ingest, text + i, size - i < piece ? size - i : piece);
    *copy = *ch_ingest_end(ingest);
    require(copy->good == sink->rows || !options->accept_partial);
    return copy;
}

/* The same for all inputs: read once. */
static const struct ch_table_schema *the_schema(void)
{
    static const struct ch_table_schema *schema;
    static struct ch_arena *kept;
    struct ch_faults faults;
    struct ch_json_error error;
    bool unsupported;
    if (schema)
        return schema;
    kept = ch_arena_new();
    ch_faults_init(&faults, kept);
    json_t *doc = ch_json_parse(kept, schema_text, sizeof schema_text - 1, &CH_JSON_BODY, &error);
    schema = ch_table_schema_parse(&faults, doc, &unsupported);
    require(schema != NULL);
    return schema;
}

static void fuzz_ingest(enum ch_ingest_format format, const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return;
    struct ch_arena *arena = ch_arena_new();
    struct sink whole = {0}, pieces = {0};
    struct ch_ingest_options options = {.schema = the_schema(),
                                        .format = format,
                                        .delimiter = ",;\t|"[bytes[0] >> 1 & 3],
                                        .accept_partial = bytes[0] & 8,
                                        .unique_limit = 4096};
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
}

#endif

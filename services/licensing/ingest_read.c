/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Drives core/ingest.h for the worker and turns its cells into rows for COPY. */
#include "ingest_read.h"

#include <string.h>

#include "core/copy.h"
#include "core/quality.h"
#include "dialect.h"

struct ingest_reader {
    struct ch_arena *arena;
    const struct ch_table_schema *schema;
    struct ch_ingest_options options;
    struct ch_ingest *ingest;
    char prefix[CH_COPY_ROW + CH_COPY_UUID]; /* how every row begins: its count of cells, the contribution's id */
    void (*write)(void *context, const char *bytes, size_t size);
    void *context;
    char *line; /* the row being written: `room` bytes */
    size_t room;
};

static void take_row(void *context, const struct ch_cell *cells, size_t count)
{
    struct ingest_reader *r = context;
    size_t need = sizeof r->prefix;
    for (size_t i = 0; i < count; i++)
        need += ch_copy_room(&cells[i]);
    r->line = ch_arena_grow(r->arena, r->line, &r->room, need);
    memcpy(r->line, r->prefix, sizeof r->prefix);
    char *at = r->line + sizeof r->prefix;
    for (size_t i = 0; i < count; i++)
        at = ch_copy_cell(at, r->schema->fields[i].type, &cells[i]);
    r->write(r->context, r->line, (size_t)(at - r->line));
}

/* The columns whose notice the member has not answered, as flags; NULL: none. */
static const bool *unanswered_of(struct ch_arena *arena, const struct ch_table_schema *schema, const json_t *names)
{
    if (json_array_size(names) == 0)
        return NULL;
    bool *flags = ch_alloc_array(arena, schema->field_count, sizeof *flags);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        size_t field = ch_table_schema_field(schema, name, strlen(name));
        if (field < schema->field_count)
            flags[field] = true;
    }
    return flags;
}

struct ingest_reader *ingest_reader_new(struct ch_arena *arena, const json_t *task, const uint8_t contribution[16],
                                        void (*write)(void *context, const char *bytes, size_t size), void *context,
                                        const struct ch_seen_store *stores, json_t **faults_out)
{
    struct ch_faults faults;
    struct ingest_reader *r = ch_alloc(arena, sizeof *r);
    bool unsupported;
    ch_faults_init(&faults, arena);
    *faults_out = faults.list;
    r->arena = arena;
    r->write = write;
    r->context = context;
    r->schema = ch_table_schema_parse(&faults, json_object_get(task, "schema"), &unsupported);
    if (!r->schema)
        return NULL;
    r->options =
        (struct ch_ingest_options){.schema = r->schema,
                                   .row = take_row,
                                   .context = r,
                                   .stores = stores,
                                   .unanswered = unanswered_of(arena, r->schema, json_object_get(task, "unanswered"))};
    r->options.accept_partial = json_is_true(json_object_get(task, "accept_partial"));
    if (!licensing_read_dialect(&faults, json_object_get(task, "dialect"),
                                json_string_value(json_object_get(task, "format")), &r->options))
        return NULL;
    ch_copy_uuid(ch_copy_row(r->prefix, (unsigned)r->schema->field_count + 1), contribution);
    r->ingest = ch_ingest_new(arena, &r->options);
    return r;
}

void ingest_reader_feed(struct ingest_reader *reader, const char *bytes, size_t size)
{
    ch_ingest_feed(reader->ingest, bytes, size);
}

static void read_counts(const struct ch_ingest_result *result, struct ingest_counts *counts)
{
    *counts = (struct ingest_counts){.bytes = result->bytes,
                                     .good = result->good,
                                     .bad = result->bad,
                                     .empty = result->empty,
                                     .header_bad = result->header_bad,
                                     .store_failed = result->store_failed,
                                     .accepted = result->accepted};
}

void ingest_reader_counts(const struct ingest_reader *reader, struct ingest_counts *counts)
{
    read_counts(ch_ingest_result(reader->ingest), counts);
}

json_t *ingest_reader_end(struct ingest_reader *reader, struct ingest_counts *counts)
{
    const struct ch_ingest_result *result = ch_ingest_end(reader->ingest);
    json_t *errors = ch_json_own(reader->arena, json_array());
    read_counts(result, counts);
    for (size_t i = 0; i < result->error_count; i++) {
        const struct ch_ingest_error *e = &result->errors[i];
        json_t *value = json_string(e->value); /* NULL when a cut left no valid UTF-8 */
        json_array_append_new(errors, json_pack("{s:I,s:I,s:s,s:s,s:o}", "line", (json_int_t)e->line, "row",
                                                (json_int_t)e->row, "column", e->column, "reason",
                                                ch_cell_reason_text(e->reason), "value", value ? value : json_null()));
    }
    return errors;
}

const char *const *ingest_reader_columns(const struct ingest_reader *reader)
{
    const char **names = ch_alloc_array(reader->arena, reader->schema->field_count + 1, sizeof *names);
    for (size_t i = 0; i < reader->schema->field_count; i++)
        names[i] = reader->schema->fields[i].name;
    return names;
}

static bool is_among(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
            return true;
    return false;
}

bool ingest_is_key(struct ch_arena *arena, const json_t *task, const json_t *columns)
{
    struct ch_faults faults;
    bool unsupported, whole;
    ch_faults_init(&faults, arena);
    struct ch_table_schema *schema = ch_table_schema_parse(&faults, json_object_get(task, "schema"), &unsupported);
    if (!schema)
        return false;
    whole = schema->primary_key_count > 0;
    for (size_t i = 0; i < schema->primary_key_count; i++)
        whole &= is_among(columns, schema->fields[schema->primary_key[i]].name);
    for (size_t i = 0; i < schema->field_count && !whole; i++)
        whole = schema->fields[i].unique && schema->fields[i].required && is_among(columns, schema->fields[i].name);
    return whole;
}

int64_t ingest_quality(struct ch_arena *arena, const json_t *task, const int64_t *ppm, size_t count)
{
    struct ch_faults faults;
    bool unsupported;
    size_t parsed;
    ch_faults_init(&faults, arena);
    struct ch_table_schema *schema = ch_table_schema_parse(&faults, json_object_get(task, "schema"), &unsupported);
    struct ch_quality_check *checks =
        schema ? ch_quality_parse(&faults, NULL, json_object_get(task, "quality"), schema, &parsed) : NULL;
    return checks && parsed == count ? ch_quality_weighted(checks, ppm, count) : -1;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names in a file: what they stand for, and whether the contributor's options make sense. */
#include "header.h"

#include <string.h>

static bool is_mapped(const struct ch_ingest_options *options, const char *column)
{
    for (size_t i = 0; i < options->header_map_count; i++)
        if (strcmp(options->header_map[i].column, column) == 0)
            return true;
    return false;
}

static void add(struct ch_name_map *header, const char *text, int target)
{
    header->names[header->count++] = (struct ch_mapped_name){text, strlen(text), target};
}

void ch_name_map_init(struct ch_arena *arena, const struct ch_ingest_options *options, struct ch_name_map *out)
{
    const struct ch_table_schema *schema = options->schema;
    size_t most = options->header_map_count + options->ignore_count + schema->field_count;
    *out = (struct ch_name_map){.names = ch_alloc_array(arena, most, sizeof *out->names)};
    for (size_t i = 0; i < options->header_map_count; i++) {
        const char *column = options->header_map[i].column;
        add(out, options->header_map[i].file_name, (int)ch_table_schema_field(schema, column, strlen(column)));
    }
    for (size_t i = 0; i < options->ignore_count; i++)
        add(out, options->ignore[i], CH_NAME_IGNORED);
    for (size_t i = 0; i < schema->field_count; i++)
        if (!is_mapped(options, schema->fields[i].name))
            add(out, schema->fields[i].name, (int)i);
}

size_t ch_name_map_find(const struct ch_name_map *header, const char *text, size_t length, size_t hint)
{
    for (size_t n = 0; n < header->count; n++) {
        size_t i = n + hint < header->count ? n + hint : n + hint - header->count;
        if (header->names[i].length == length && memcmp(header->names[i].text, text, length) == 0)
            return i;
    }
    return header->count;
}

static void check_mapping(struct ch_faults *faults, const struct ch_ingest_options *options, size_t i)
{
    const struct ch_ingest_name *mine = &options->header_map[i];
    const struct ch_at map = {NULL, "header_map", 0}, at = {&map, mine->file_name, 0};
    if (ch_table_schema_field(options->schema, mine->column, strlen(mine->column)) == options->schema->field_count)
        ch_fault(faults, &at, "is no column of the pool");
    for (size_t j = 0; j < i; j++) {
        if (strcmp(options->header_map[j].column, mine->column) == 0)
            ch_fault(faults, &at, "is a second name for this column");
        if (strcmp(options->header_map[j].file_name, mine->file_name) == 0)
            ch_fault(faults, &at, "is mapped twice");
    }
}

bool ch_ingest_check(struct ch_faults *faults, const struct ch_ingest_options *options)
{
    const struct ch_at delimiter = {NULL, "delimiter", 0}, ignore = {NULL, "ignore", 0};
    size_t before = ch_faults_count(faults);
    if (options->format == CH_INGEST_CSV && (!options->delimiter || !strchr(",;\t|", options->delimiter)))
        ch_fault(faults, &delimiter, "must be , ; tab or |");
    for (size_t i = 0; i < options->header_map_count; i++)
        check_mapping(faults, options, i);
    for (size_t i = 0; i < options->ignore_count; i++)
        for (size_t j = 0; j < options->header_map_count; j++)
            if (strcmp(options->header_map[j].file_name, options->ignore[i]) == 0) {
                const struct ch_at at = {&ignore, NULL, i};
                ch_fault(faults, &at, "is mapped to a column too");
            }
    return ch_faults_count(faults) == before;
}

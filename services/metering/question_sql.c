/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The statements that answer a question. Rows are read as they are, since making them coarser is cheaper in C
 * (core/value.h); filters compare what the row shows, so theirs are the generalised expressions. Equal texts are one
 * statement: prepared once on each connection, whoever asks. */
#include "question.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MOST 128 /* texts kept; over it they run unprepared */

static const char *identifier_of(struct ch_arena *arena, const struct plan_column *column)
{
    const char *identifier = ch_sql_identifier(arena, column->name);
    if (!identifier)
        abort(); /* licensing checked names when the pool was made */
    return ch_printf(arena, "t.%s", identifier);
}

static const char *conditions(struct ch_arena *arena, const struct question *question, int parameter)
{
    const char *text = "";
    for (size_t i = 0; i < question->filter_count; i++) {
        const struct filter *filter = &question->filters[i];
        const char *shown = plan_expression(arena, filter->column, identifier_of(arena, filter->column));
        text = ch_printf(arena, "%s AND %s", text, filter_condition(arena, filter, shown, parameter));
        parameter += filter_has_value(filter);
    }
    return text;
}

static const char *rows_text(struct ch_arena *arena, const struct question *question, const char *table,
                             const char *sieve)
{
    const char *columns = "";
    for (size_t i = 0; i < question->count; i++)
        columns = ch_printf(arena, "%s, %s", columns, identifier_of(arena, question->columns[i]));
    return ch_printf(
        arena,
        "SELECT t.row_id, t.contribution_id%s FROM %s AS t WHERE t.pool_id = $1::uuid AND t.row_id > $2::bigint "
        "AND t.row_id <= $3::bigint%s%s ORDER BY t.pool_id, t.row_id LIMIT $4::bigint",
        columns, table, conditions(arena, question, QUESTION_FIXED + 1), sieve);
}

static const char *search_text(struct ch_arena *arena, const struct question *question, const char *table)
{
    return ch_printf(arena,
                     "SELECT t.contribution_id, pg_catalog.max(t.row_id), pg_catalog.max(t.row_id) FILTER (WHERE "
                     "true%s) FROM %s AS t WHERE t.pool_id = $1::uuid AND t.row_id > $2::bigint AND "
                     "t.row_id <= $3::bigint GROUP BY t.contribution_id",
                     conditions(arena, question, 4), table);
}

static const char *begin_text(struct ch_arena *arena, const char *table)
{
    return ch_printf(
        arena,
        "SELECT b.outcome, b.detail, b.consent_epoch, b.grant_epoch, b.moved, b.allowance, (SELECT "
        "pg_catalog.max(t.row_id) FROM %s AS t WHERE t.pool_id = $1::uuid), b.byte_allowance FROM "
        "metering.begin_batch($1::uuid, $2::uuid, $3::uuid, $4::text[], $5::bigint, $6::bigint, $7::bigint, "
        "$8::bigint, $9::bigint) AS b",
        table);
}

/* Kept for the life of the process where there is room: connections know prepared statements by their text's place. */
static const struct ch_statement *keep(struct ch_arena *arena, const char *text, size_t columns, bool binary)
{
    static struct ch_statement kept[KEPT_MOST];
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(kept[i].text, text) == 0)
            return &kept[i];
    struct ch_statement made = {
        .text = text, .shape = CH_SHAPE_ROWS, .columns = (int)columns, .binary = binary, .name = "metering.question"};
    if (count < KEPT_MOST && (made.text = strdup(text))) {
        kept[count] = made;
        return &kept[count++];
    }
    struct ch_statement *once = ch_alloc(arena, sizeof *once);
    *once = made;
    once->text = text;
    once->name = NULL;
    return once;
}

void question_write(struct ch_arena *arena, const struct question *question, const char *table,
                    struct question_statements *out)
{
    out->begin = keep(arena, begin_text(arena, table), 8, false);
    out->rows = keep(arena, rows_text(arena, question, table, ""), question->count + 2, true);
    out->search = keep(arena, search_text(arena, question, table), 3, true);
    /* Planned for its array each time, which PostgreSQL then hashes. */
    int last = QUESTION_FIXED + 1;
    for (size_t i = 0; i < question->filter_count; i++)
        last += filter_has_value(&question->filters[i]);
    struct ch_statement *sieved = ch_alloc(arena, sizeof *sieved);
    *sieved = *out->rows;
    sieved->name = NULL;
    sieved->text =
        rows_text(arena, question, table, ch_printf(arena, " AND t.contribution_id = ANY ($%d::uuid[])", last));
    out->sieved = sieved;
}

int question_args(const struct question *question, const char **args)
{
    int count = 0;
    for (size_t i = 0; i < question->filter_count; i++)
        if (filter_has_value(&question->filters[i]))
            args[count++] = question->filters[i].value;
    return count;
}

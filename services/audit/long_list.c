/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fetches stored documents piece by piece, and writes the rows that cut.c makes of them as a COPY. */
#include "long_list.h"

#include <stdio.h>

#define PIECE 4194304

static const char PIECE_OF[] = "SELECT pg_catalog.substr(e.bytes, $2::integer, $3::integer) FROM payout.evidence AS e "
                               "WHERE e.sha256 = $1";

/* The size of the piece that begins at `from`, 0 behind the end, -1 on failure. */
static int take_next(struct audit *a, struct cut *cut, const char *sha256, int from)
{
    char first[16], most[16];
    snprintf(first, sizeof first, "%d", from);
    snprintf(most, sizeof most, "%d", PIECE);
    PGresult *row =
        PQexecParams(a->source, PIECE_OF, 3, NULL, (const char *const[]){sha256, first, most}, NULL, NULL, 1);
    int size = PQresultStatus(row) != PGRES_TUPLES_OK ? -1 : PQntuples(row) ? PQgetlength(row, 0, 0) : 0;
    if (size > 0)
        cut_take(cut, PQgetvalue(row, 0, 0), (size_t)size);
    PQclear(row);
    return size;
}

static bool read_document(struct audit *a, struct cut *cut, const char *sha256, const char *list)
{
    int from = 1, size;
    while ((size = take_next(a, cut, sha256, from)) > 0)
        from += size;
    if (size < 0)
        return audit_fail(a, "%s", PQerrorMessage(a->source));
    return cut_end(cut) || audit_fail(a, "document %s, or its list %s, cannot be read", sha256, list);
}

static bool copy_rows(void *arg, const char *rows, size_t size)
{
    struct audit *a = arg;
    return PQputCopyData(a->findings, rows, (int)size) == 1;
}

static const char *end_cut(struct audit *a, struct cut *cut, bool good)
{
    size_t size;
    const char *rest = cut_rest(cut, &size);
    rest = good ? ch_memdup(a->arena, rest, size) : NULL;
    cut_free(cut);
    return rest;
}

const char *long_list_copy(struct audit *a, const char *sha256, const struct long_list *list)
{
    struct cut *cut = cut_open(&list->cut, copy_rows, a);
    bool good = audit_copy_begin(a, list->into) && audit_copy_end(a, read_document(a, cut, sha256, list->cut.name));
    return end_cut(a, cut, good);
}

const char *long_list_rest(struct audit *a, const char *sha256)
{
    struct cut *cut = cut_open(NULL, NULL, NULL);
    return end_cut(a, cut, read_document(a, cut, sha256, "*"));
}

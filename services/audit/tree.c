/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trees over rows: what a month or an hour of usage comes to. Only the leaves' hashes are kept, 32 bytes a row. */
#include <stdlib.h>

#include "audit.h"
#include "commonhold/crypto.h"

#define FIRST_ROOM 1024

struct growing {
    uint8_t *leaves;
    size_t room;
    struct audit_tree *tree;
};

static bool take_row(void *context, const PGresult *row)
{
    struct growing *g = context;
    if (g->tree->count == g->room) {
        g->room = g->room ? g->room * 2 : FIRST_ROOM;
        uint8_t *bigger = realloc(g->leaves, g->room * 32);
        if (!bigger)
            abort();
        g->leaves = bigger;
    }
    audit_merkle_leaf(PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0), g->leaves + g->tree->count++ * 32);
    g->tree->units += audit_integer(row, 0, 1);
    return true;
}

bool audit_tree_of(struct audit *a, const char *sql, int count, const char *const *values, struct audit_tree *tree)
{
    struct growing growing = {.tree = tree};
    uint8_t root[32];
    *tree = (struct audit_tree){0};
    bool good = audit_each_row(a, sql, count, values, take_row, &growing);
    audit_merkle_root(growing.leaves, tree->count, root);
    ch_hex(root, 32, tree->root);
    free(growing.leaves);
    return good;
}

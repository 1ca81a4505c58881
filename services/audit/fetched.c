/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* --statements: the bank files that a treasurer fetched without the operator, one statement after the other, each with
 * what the books hold of it. What is compared is the checks'. */
#include <dirent.h>
#include <stdlib.h>

#include "books.h"
#include "commonhold/cli.h"

static const char STORED[] = "SELECT s.id::text FROM payout.bank_statement AS s JOIN payout.bank_account AS b ON b.id "
                             "= s.bank_account_id WHERE b.iban = $1 AND s.statement_ref = $2";

static bool judge_one(struct audit *a, const char *path, const struct camt_statement *statement,
                      bool (*work)(struct audit *a, const struct camt_statement *statement, const char *stored))
{
    if (!statement->iban || !statement->ref)
        return audit_fail(a, "%s: a statement without account or id", path);
    PGresult *rows = audit_query(a, a->source, STORED, AUDIT_ARGS(statement->iban, statement->ref));
    return rows && work(a, statement, PQntuples(rows) ? PQgetvalue(rows, 0, 0) : NULL);
}

static bool judge_file(struct audit *a, const char *path,
                       bool (*work)(struct audit *a, const struct camt_statement *statement, const char *stored))
{
    char error[256];
    size_t size;
    const struct camt_statement *list;
    const char *bytes = ch_read_file(a->arena, path, (size_t)1 << 30, &size, error);
    if (!bytes)
        return audit_fail(a, "%s", error);
    if (!camt_read(a->arena, bytes, size, &list)) {
        audit_not_checked(a, "%s is no camt.053 file", path);
        return true;
    }
    for (; list; list = list->next)
        if (!judge_one(a, path, list, work))
            return false;
    return true;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

bool fetched_each(struct audit *a, const char *not_checked,
                  bool (*work)(struct audit *a, const struct camt_statement *statement, const char *stored))
{
    const char *folder = a->options->statements;
    audit_look(a, "fetched");
    if (!folder) {
        audit_not_checked(a, "%s", not_checked);
        return true;
    }
    struct dirent **files;
    int count = scandir(folder, &files, is_file, alphasort);
    if (count < 0)
        return audit_fail(a, "--statements %s: %m", folder);
    bool good = true;
    const char *before = audit_rest_on(a, "--statements");
    for (int i = 0; i < count; i++) {
        good = good && judge_file(a, ch_printf(a->arena, "%s/%s", folder, files[i]->d_name), work);
        free(files[i]);
    }
    free(files);
    a->rests_on = before;
    return good;
}

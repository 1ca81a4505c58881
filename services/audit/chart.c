/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The chart of accounts as the auditor knows it: a second list, so that an edited bound in the database changes
 * nothing here. */
#include <string.h>

#include "audit.h"

struct shape {
    const char *path; /* a variable component is a star */
    char bound;
};

static const struct shape CHART[] = {{"Assets:Bank:*", '+'},
                                     {"Assets:Receivable:*", '+'},
                                     {"Assets:Receivable:Member:*", '+'},
                                     {"Assets:Transit", '0'},
                                     {"Assets:Suspense:Debit", '+'},
                                     {"Liabilities:VAT:*", '0'},
                                     {"Liabilities:Withholding:*", '-'},
                                     {"Liabilities:Suspense:Unmatched", '-'},
                                     {"Liabilities:Pool:*:Invoiced", '-'},
                                     {"Liabilities:Pool:*:Received", '-'},
                                     {"Liabilities:Pool:*:Disputed", '-'},
                                     {"Liabilities:Pool:*:Clawback", '+'},
                                     {"Liabilities:Refundable:*", '-'},
                                     {"Liabilities:Creditor:*", '-'},
                                     {"Liabilities:Member:*:Payable", '-'},
                                     {"Liabilities:Member:*:Held:*", '-'},
                                     {"Liabilities:PayoutInFlight:*", '-'},
                                     {"Liabilities:Unclaimed", '-'},
                                     {"Equity:Reserve:Legal", '-'},
                                     {"Equity:Fund:*", '-'},
                                     {"Equity:Committed:*", '-'},
                                     {"Income:OperationsShare", '-'},
                                     {"Income:FeeRecovery", '-'},
                                     {"Income:Dues", '-'},
                                     {"Income:Grants", '-'},
                                     {"Income:Other", '-'},
                                     {"Expenses:Fees:Rail", '0'},
                                     {"Expenses:Fees:Return", '0'},
                                     {"Expenses:Fees:Bank", '0'},
                                     {"Expenses:Fees:Refund", '0'},
                                     {"Expenses:BadDebt", '0'}};

/* A star stands for one component. */
static bool fits(const char *shape, const char *path)
{
    while (*shape && *path) {
        if (*shape == '*') {
            size_t size = strcspn(path, ":");
            if (size == 0)
                return false;
            path += size;
            shape++;
        } else if (*shape++ != *path++) {
            return false;
        }
    }
    return *shape == '\0' && *path == '\0';
}

char audit_bound(const char *path)
{
    for (size_t i = 0; i < sizeof(CHART) / sizeof(CHART[0]); i++)
        if (fits(CHART[i].path, path))
            return CHART[i].bound;
    return '?';
}

const char *audit_direction(const char *path)
{
    if (strncmp(path, "Liabilities:Member:", 19) == 0 || strncmp(path, "Assets:Receivable:Member:", 25) == 0)
        return "member";
    if (strncmp(path, "Assets:Receivable:", 18) == 0 || strncmp(path, "Liabilities:Refundable:", 23) == 0)
        return "licensee";
    return "trust";
}

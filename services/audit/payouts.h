/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What O1 to O5 judge of one batch; findings of the check at work. False with a->error on failure. */
#ifndef SERVICES_AUDIT_PAYOUTS_H
#define SERVICES_AUDIT_PAYOUTS_H

#include "audit.h"

bool payouts_lines(struct audit *a, const char *batch);     /* O1 */
bool payouts_file(struct audit *a, const char *batch);      /* O2 */
bool payouts_payees(struct audit *a, const char *batch);    /* O3 */
bool payouts_approvals(struct audit *a, const char *batch); /* O4 */
bool payouts_states(struct audit *a, const char *batch);    /* O5 */

/* A finding where two texts differ or one is missing (NULL); it moves no money. */
void payouts_differ(struct audit *a, const char *type, const char *id, const char *aspect, const char *expected,
                    const char *found, const char *text);

#endif

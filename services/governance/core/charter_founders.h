/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The founders of a charter and the offices it gives them. */
#ifndef COMMONHOLD_GOVERNANCE_CHARTER_FOUNDERS_H
#define COMMONHOLD_GOVERNANCE_CHARTER_FOUNDERS_H

#include "shape.h"

/* Each founder right; references and addresses unique; a board founder per class; no more holders of an office than it
 * has seats; nobody on board and council both. */
void ch_charter_check_founders(struct ch_complaints *list, const json_t *charter);

/* True when the text looks like an e-mail address: printable ASCII, one @ with something on both sides, at most 254. */
bool ch_looks_like_email(const char *text);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bank file, pain.001, as the auditor reads it, and the ids that follow from stored ones. */
#ifndef SERVICES_AUDIT_TRANSFERS_H
#define SERVICES_AUDIT_TRANSFERS_H

#include "audit.h"

/* A credit transfer of the file; texts as they stand there, NULL where missing. */
struct transfer {
    const char *end_to_end, *uetr, *iban, *amount;
    long long minor;
    bool good;  /* the amount could be read */
    bool taken; /* a payment stands for it; for the reader's caller */
};

/* What a PmtInf says of itself, and what its lines come to. */
struct transfer_block {
    struct transfer_block *next;
    const char *id, *count, *sum;
    size_t lines;
    long long total;
};

struct transfer_file {
    const char *hash; /* of the bytes that are stored, NULL when there are none */
    bool readable;
    const char *message, *count, *sum; /* of the head */
    struct transfer_block *blocks;
    struct transfer *lines; /* in order of EndToEndId */
    size_t lines_count;
    long long total;
};

/* The stored file of a batch, in the audit's arena. False with a->error on failure. */
bool transfers_read(struct audit *a, const char *batch, struct transfer_file *file);
/* The line with this EndToEndId, NULL when there is none. */
struct transfer *transfers_find(const struct transfer_file *file, const char *end_to_end);

/* MsgId of a batch; EndToEndId and UETR of a payment. Empty texts when the id is no UUID. */
void transfers_message(const char *batch, char message[29]);
void transfers_ids(const char *payment, char end_to_end[28], char uetr[37]);

#endif

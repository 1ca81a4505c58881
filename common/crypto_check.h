/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What common/crypto*.c share; private to them. */
#ifndef COMMONHOLD_CRYPTO_CHECK_H
#define COMMONHOLD_CRYPTO_CHECK_H

#include <stdbool.h>

/* For calls that fail only when the library is broken or memory is out: ends the process with OpenSSL's message. */
void ch_crypto_check(bool held, const char *what);

#endif

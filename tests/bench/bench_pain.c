/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bank file of N transfers as freezing a batch writes it (services/payout/batch_file.c): pages as the database gives
 * them, accounts opened under their own keys, pain.001 out in pieces. Making the pages is not counted, nor is
 * waiting: one thread works here, in memory. Prints transfers, processor seconds, peak memory in KiB, and bytes; writes
 * the file where one is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../../services/payout/batch_file.h"
#include "../../services/payout/payee_seal.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"

#define PAGE 500

static const char PROFILE[] = "{\"creditor_agent\":\"notprovided\",\"payment_type_level\":\"transaction\","
                              "\"charge_bearer\":\"slev\",\"debtor_account_currency\":true,\"umlauts\":\"keep\","
                              "\"schema_location\":true,\"batch_booking\":true,\"max_transactions\":100000,"
                              "\"address\":\"structured\"}";

static const uint8_t KEK[32] = {1, 2, 3};

static int64_t cpu_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

/* Ids rise with the number, as UUIDv7 rise with time. */
static const char *id_of(struct ch_arena *arena, long n)
{
    return ch_printf(arena, "01900000-0000-7000-8000-%012lx", (unsigned long)n);
}

static const char *one(struct ch_arena *arena, long n)
{
    const struct payee payee = {.iban = "DE89370400440532013000",
                                .name = ch_printf(arena, "J\xc3\xb6rg Member %ld", n)};
    struct sealed_payee sealed;
    const char *id = id_of(arena, n);
    char wrapped[81];
    payee_fresh_key(KEK, wrapped);
    if (!payee_seal(arena, KEK, wrapped, id, &payee, &sealed))
        abort();
    return ch_printf(
        arena,
        "{\"id\":\"%s\",\"subject\":\"%s\",\"minor\":%ld,\"remittance\":\"Harbour Air Trust\",\"iban\":\"%s\","
        "\"name\":\"%s\",\"details\":null,\"wrapped\":\"%s\"}",
        id, id, 100 + n, sealed.iban + 2, sealed.name + 2, wrapped);
}

/* `page` of the payments from `first` on; the first page carries the sum of its one block. */
static const char *make_page(struct ch_arena *arena, long first, long count, long long total)
{
    char *page = ch_alloc(arena, PAGE * 700 + 200), *at = page;
    at += snprintf(at, 200, "{\"totals\":[%lld],\"payments\":[", total);
    for (long i = first; i < first + PAGE && i < count; i++)
        at += snprintf(at, 702, "%s%s", i > first ? "," : "", one(arena, i));
    memcpy(at, "]}", 3);
    return page;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 10000;
    long long total = 100LL * count + (long long)count * (count - 1) / 2;
    FILE *out = argc > 2 ? fopen(argv[2], "w") : NULL;
    struct ch_arena *arena = ch_arena_new();
    const char *error = NULL;
    const char *head =
        ch_printf(arena,
                  "{\"id\":\"%s\",\"iban\":\"DE91100000000123456789\",\"bic\":null,\"holder\":\"Harbour Air "
                  "Trust\",\"currency\":\"EUR\",\"today\":\"2026-03-05\",\"execution_on\":\"2026-03-06\","
                  "\"at\":\"2026-03-05T10:11:12Z\",\"total\":%lld,\"count\":%ld}",
                  id_of(arena, 0), total, count);
    int64_t spent = 0;
    unsigned long long bytes = 0;
    struct batch_file *file = batch_file_new(arena, KEK, head, PROFILE, &error);
    for (long first = 0; file && first < count; first += PAGE) {
        struct ch_arena *own = ch_arena_new();
        const char *page = make_page(own, first, count, total);
        int64_t begun = cpu_us();
        bool good = batch_file_add(file, page, &error);
        size_t size;
        const void *piece = batch_file_take(file, &size);
        spent += cpu_us() - begun;
        bytes += size;
        if (good && out && fwrite(piece, 1, size, out) != size)
            good = false;
        ch_arena_free(own);
        if (!good)
            break;
    }
    if (error || !file || !batch_file_done(file) || (out && fclose(out) != 0)) {
        fprintf(stderr, "%s\n", error ? error : "not written");
        return 1;
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%ld %.3f %ld %llu\n", count, (double)spent / 1e6, used.ru_maxrss, bytes);
    ch_arena_free(arena);
    return 0;
}

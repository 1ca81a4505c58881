/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What load generators share: connections to this machine, where an HTTP answer ends, and how long answers took. */
#ifndef BENCH_ANSWERS_H
#define BENCH_ANSWERS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWERS_MOST_US 5000000

static unsigned answers_by_us[ANSWERS_MOST_US];
static unsigned long answers, errors;

static inline long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* True for a 200; everything else is an error. */
static inline bool count_answer(const char *answer, long long took)
{
    bool good = strncmp(answer, "HTTP/1.1 200", 12) == 0;
    answers_by_us[took < ANSWERS_MOST_US ? took : ANSWERS_MOST_US - 1]++;
    answers++;
    errors += !good;
    return good;
}

/* Microseconds within which so many percent of the answers came. */
static inline unsigned percentile(unsigned percent)
{
    unsigned long sum = 0;
    for (unsigned us = 0; us < ANSWERS_MOST_US; us++) {
        sum += answers_by_us[us];
        if (sum * 100 >= answers * percent)
            return us;
    }
    return ANSWERS_MOST_US;
}

/* Head and Content-Length bytes are there; there is room for a NUL behind `used`. */
static inline bool is_complete(char *answer, size_t used)
{
    answer[used] = '\0';
    const char *end = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, "\r\nContent-Length:");
    return end && length && used >= (size_t)(end + 4 - answer) + strtoul(length + 17, NULL, 10);
}

static inline int connect_here(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

#endif

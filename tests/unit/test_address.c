/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* services/licensing/core/address.c: tables of addresses that may be a webhook's endpoint, and of those that may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../services/licensing/core/address.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_fine(void **state)
{
    (void)state;
    static const char *const fine[] = {"https://hooks.licensee.example/commonhold?tenant=7&x=%20",
                                       "HTTPS://Hooks.Licensee.Example/",
                                       "https://licensee.example",
                                       "https://licensee.example?x=1",
                                       "https://licensee.example:443/a@b",
                                       "https://xn--bcher-kva.example/hook",
                                       "https://a1.0x7g.example/",
                                       "https://1.2.3.4.example/",
                                       "https://notlocalhost.example/"};
    for (size_t i = 0; i < COUNT(fine); i++)
        if (address_fault(fine[i], false))
            fail_msg("%s is refused: %s", fine[i], address_fault(fine[i], false));
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {"",
                                          "https://",
                                          "https:///path",
                                          "http://licensee.example/",
                                          "ftp://licensee.example/",
                                          "//licensee.example/",
                                          "licensee.example",
                                          "javascript:alert(1)",
                                          "file:///etc/passwd",
                                          "https:licensee.example/",
                                          "https:/licensee.example/",
                                          " https://licensee.example/",
                                          "https://licensee.example/ ",
                                          "https://licensee.example/\r\nX-Evil: 1",
                                          "https://licensee.example/\ta",
                                          "https://licensee.example\\@127.0.0.1/",
                                          "https://licensee.example/#fragment",
                                          "https://user@licensee.example/",
                                          "https://user:password@licensee.example/",
                                          "https://licensee.example@127.0.0.1/",
                                          "https://:443/",
                                          "https://licensee.example:/",
                                          "https://licensee.example:80/",
                                          "https://licensee.example:8443/",
                                          "https://licensee.example:0443/",
                                          "https://licensee.example:443:443/",
                                          "https://licensee.example:4 43/",
                                          "https://licensee..example/",
                                          "https://.licensee.example/",
                                          "https://licensee.example./",
                                          "https://-licensee.example/",
                                          "https://licensee-.example/",
                                          "https://licens_ee.example/",
                                          "https://licensee%2eexample/",
                                          "https://b\xc3\xbc"
                                          "cher.example/",
                                          "https://intranet/",
                                          "https://localhost/",
                                          "https://LOCALHOST/",
                                          "https://a.localhost/"};
    for (size_t i = 0; i < COUNT(refused); i++)
        if (!address_fault(refused[i], false))
            fail_msg("%s is let through", refused[i]);
}

/* Every spelling under which a resolver would take 127.0.0.1, 10.0.0.1 or 169.254.169.254, and public ones too. */
static void test_literals(void **state)
{
    (void)state;
    static const char *const literals[] = {"127.0.0.1",
                                           "169.254.169.254",
                                           "8.8.8.8",
                                           "127.1",
                                           "127.0.1",
                                           "2130706433",
                                           "0x7f000001",
                                           "0X7F000001",
                                           "0x7f.0.0.1",
                                           "0x7f.1",
                                           "0177.0.0.1",
                                           "017700000001",
                                           "127.0.0.0x1",
                                           "a.0x",
                                           "1.2.3.4.5",
                                           "[::1]",
                                           "[::ffff:10.0.0.1]",
                                           "[::ffff:a00:1]",
                                           "[fe80::1%25eth0]",
                                           "[2606:4700::1]",
                                           "[",
                                           "[::1",
                                           "::1"};
    for (size_t i = 0; i < COUNT(literals); i++) {
        char url[128];
        snprintf(url, sizeof url, "https://%s/hook", literals[i]);
        if (!address_fault(url, false))
            fail_msg("%s is let through", url);
        snprintf(url, sizeof url, "https://%s:443/hook", literals[i]);
        if (!address_fault(url, false))
            fail_msg("%s is let through", url);
    }
}

static void test_length(void **state)
{
    (void)state;
    char url[ADDRESS_MOST + 2] = "https://licensee.example/";
    memset(url + 25, 'a', ADDRESS_MOST - 25);
    assert_null(address_fault(url, false));
    url[ADDRESS_MOST] = 'a';
    assert_non_null(address_fault(url, false));
    char label[128] = "https://";
    memset(label + 8, 'a', 63);
    memcpy(label + 71, ".example/", 10);
    assert_null(address_fault(label, false));
    memset(label + 8, 'a', 64);
    memcpy(label + 72, ".example/", 10);
    assert_non_null(address_fault(label, false));
}

/* The test switch opens this machine, other ports and http, and nothing else. */
static void test_open(void **state)
{
    (void)state;
    static const char *const fine[] = {"http://127.0.0.1:8080/hook", "https://[::1]:8443/", "http://localhost:1/",
                                       "https://licensee.example/"};
    static const char *const refused[] = {"ftp://127.0.0.1/",    "http://user@127.0.0.1/",   "http://127.0.0.1:x/",
                                          "http://127.0.0.1/#f", "http://127.0.0.1:123456/", "http://"};
    for (size_t i = 0; i < COUNT(fine); i++)
        if (address_fault(fine[i], true))
            fail_msg("%s is refused: %s", fine[i], address_fault(fine[i], true));
    for (size_t i = 0; i < COUNT(refused); i++)
        if (!address_fault(refused[i], true))
            fail_msg("%s is let through", refused[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fine), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_literals), cmocka_unit_test(test_length),
                                       cmocka_unit_test(test_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

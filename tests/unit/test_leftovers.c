/* SPDX-License-Identifier: Apache-2.0 */
/* engine: what is left of containers, told by command lines. */
#include "engine/leftovers.h"

#define ID "e5ccef85d660e377f3b21f1d25c697f4ec142c219c4bf9d1bc4fd480209e651d"

static void test_parse(void)
{
    static const struct {
        const char text[256];
        size_t size;
        const char *name;
    } cases[] = {
#define LINE(text) text, sizeof text
        {LINE("/usr/bin/conmon\0-c\0" ID "\0-n\0darse-i-svc\0-l\0none"), "darse-i-svc"},
        {LINE("conmon\0--api-version\0001\0-n\0a\0-c\0" ID), "a"},
        {LINE("/usr/bin/conmon\0-c\0" ID "\0-n"), NULL},
        {LINE("/usr/bin/conmon\0-c\0--force\0-n\0a"), NULL},
        {LINE("/usr/bin/conmon\0-c\0" ID "0\0-n\0a"), NULL},
        {LINE("/usr/bin/notconmon\0-c\0" ID "\0-n\0a"), NULL},
        {LINE("sh\0-c\0" ID "\0-n\0conmon"), NULL},
        {LINE("/usr/bin/conmon"), NULL},
        {"", 0, NULL},
        {LINE("\0\0\0"), NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Leftover) leftover = leftover_parse(cases[i].text, cases[i].size);
        g_assert_cmpstr(leftover == NULL ? NULL : leftover->name, ==, cases[i].name);
        if (leftover != NULL)
            g_assert_cmpstr(leftover->container_id, ==, ID);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leftovers/parse", test_parse);
    return g_test_run();
}

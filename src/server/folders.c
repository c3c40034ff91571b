/* SPDX-License-Identifier: Apache-2.0 */
#include "server/folders.h"

#include <stddef.h>

const StateFolder state_folders[] = {
    {"", 0711, false},         {"audit", 0700, false},   {"instance", 0700, false},
    {"keys", 0700, true},      {"data", 0711, false},    {"projects", 0711, false},
    {"run", 0711, false},      {"run/doors", 0700, false}, {"run/lake", 0700, false},
    {"uploads", 0700, false},  {"releases", 0700, false},
    {NULL, 0, false},
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Two forms of lines, whole or not at all. */
#include "services/status.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

bool status_parse(const char *line, BubbleStatus *ret_status)
{
    BubbleStatus status = {.state = ""};
    if (strlen(line) > STATUS_LINE_MAX)
        return false;
    int end = 0;
    if (sscanf(line, "state %15[a-z] %18" G_GINT64_FORMAT "%n", status.state, &status.value,
               &end) == 2 && line[end] == '\0' && status.value >= 0) {
        *ret_status = status;
        return true;
    }
    end = 0;
    if (sscanf(line, "state %15[a-z]%n", status.state, &end) == 1 && end > 0 &&
        line[end] == '\0') {
        *ret_status = status;
        return true;
    }
    end = 0;
    status = (BubbleStatus){.state = ""};
    if (sscanf(line, "activity %18" G_GINT64_FORMAT " %9" G_GINT64_FORMAT "%n", &status.value,
               &status.open, &end) == 2 && line[end] == '\0' && status.value >= 0 &&
        status.open >= 0) {
        *ret_status = status;
        return true;
    }
    return false;
}

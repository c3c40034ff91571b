/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_TASKS_DIGEST_H
#define DARSE_TASKS_DIGEST_H

#include "notices/notices.h"
#include "tasks/tasks.h"

/* A NoticesWaiting. */
bool tasks_waiting(StoreTx *tx, const char *person, NoticeLanguage language, int64_t now_ms,
                   char **ret_text, GError **error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_PROJECTS_INTERNAL_H
#define DARSE_PROJECTS_INTERNAL_H

#include "projects/projects.h"

#define PROJECT_ID_RANGE 65536
#define PROJECT_ID_LAST INT64_C(4294000000)    /* host user ids are 32 bits wide */
#define PROJECT_LONGEST_MS (INT64_C(30) * 366 * 24 * 3600 * 1000)

bool project_refuse_unknown(const char *what, GError **error);
bool project_check_dates(int64_t starts_ms, int64_t ends_ms, GError **error);
bool project_check_has_lead(StoreTx *tx, const char *project, GError **error);
bool project_facts_of(StoreTx *tx, const PolicyActor *actor, const Project *project,
                      int64_t now_ms, PolicyFacts *ret_facts, GError **error);

bool projects_start(App *app, GError **error);
void projects_stop(App *app);
extern const Duty projects_duties[];

#endif

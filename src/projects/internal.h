/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_PROJECTS_INTERNAL_H
#define DARSE_PROJECTS_INTERNAL_H

#include "projects/projects.h"

#define PROJECT_ID_RANGE 65536
#define PROJECT_ID_LAST INT64_C(4294000000)    /* host user ids are 32 bits wide */
#define PROJECT_LONGEST_MS (INT64_C(30) * 366 * 24 * 3600 * 1000)

#define PROJECT_COLUMNS                                                                            \
    "p.id, p.slug, p.title, p.summary, p.organisation, o.name, p.legal_basis, p.state_reason, "    \
    "p.route, p.purpose, p.tier, p.state, p.id_base, p.encrypted, p.bucket_quota_bytes, "          \
    "p.starts_ms, p.ends_ms, p.created_ms FROM project p "                                         \
    "JOIN organisation o ON o.id = p.organisation "

Project *project_of_row(StoreRows *rows, GError **error);

#define MEMBER_COLUMNS                                                                             \
    "m.person, p.login, p.name, m.roles, m.starts_ms, m.ends_ms "                                  \
    "FROM project_member m JOIN person p ON p.id = m.person "
ProjectMember *project_member_of_row(StoreRows *rows, GError **error);

bool project_refuse_unknown(const char *what, GError **error);
bool project_check_dates(int64_t starts_ms, int64_t ends_ms, GError **error);
bool project_check_has_lead(StoreTx *tx, const char *project, GError **error);
/* Of one project that was read already. */
bool project_facts_of(StoreTx *tx, const PolicyActor *actor, const Project *project,
                      int64_t now_ms, PolicyFacts *ret_facts, GError **error);

bool projects_start(App *app, GError **error);
void projects_stop(App *app);
extern const Duty projects_duties[];

#endif

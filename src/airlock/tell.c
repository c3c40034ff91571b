/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told of an export: the checkers when it awaits them, its author when it is decided. */
#include "airlock/tell.h"

#include "identity/identity.h"
#include "notices/notices.h"
#include "projects/projects.h"

#include <string.h>

bool export_tell_checkers(Act *act, const Export *export, GError **error)
{
    NoticeNew notice = {.kind = NOTICE_REVIEW, .object = export->id, .project = export->project};
    g_autoptr(GPtrArray) checkers = identity_persons_with(act->tx, ROLE_CHECKER, error);
    for (guint i = 0; checkers != NULL && i < checkers->len; i++) {
        const char *checker = g_ptr_array_index(checkers, i);
        bool was_member = false;
        if (!project_was_member(act->tx, export->project, checker, &was_member, error))
            return false;
        if (was_member || strcmp(checker, export->author) == 0)
            continue; /* may not review it */
        if (!notice_add(act, checker, &notice, error))
            return false;
    }
    return checkers != NULL;
}

typedef struct DecidedRow {
    ExportState state;
    NoticeKind kind;
} DecidedRow;

static const DecidedRow decided[] = {
    {EXPORT_APPROVED, NOTICE_EXPORT_APPROVED},
    {EXPORT_RETURNED, NOTICE_EXPORT_RETURNED},
    {EXPORT_REJECTED, NOTICE_EXPORT_REJECTED},
};

bool export_tell_author(Act *act, const Export *export, ExportState state, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(decided); i++) {
        NoticeNew notice = {.kind = decided[i].kind, .object = export->id,
                            .project = export->project};
        if (decided[i].state == state)
            return notice_add(act, export->author, &notice, error);
    }
    return true;
}

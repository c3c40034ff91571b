/* SPDX-License-Identifier: Apache-2.0 */
/* What awaits a person, as a paragraph of their digest: how many of which kind and since when; no title,
 * as it leaves by mail. */
#include "tasks/digest.h"

#include "base/times.h"
#include "identity/identity.h"

#include <string.h>

typedef struct Line {
    const char *kind;
    const char *texts[NOTICE_LANGUAGES][2]; /* one, several */
} Line;

static const Line lines[] = {
    {"agree", {{"demande attend votre accord", "demandes attendent votre accord"},
               {"application awaits your agreement", "applications await your agreement"}}},
    {"opine", {{"demande attend l'avis du comité", "demandes attendent l'avis du comité"},
               {"application awaits the committee's opinion",
                "applications await the committee's opinion"}}},
    {"need_to_know", {{"besoin d'en connaître est à confirmer",
                       "besoins d'en connaître sont à confirmer"},
                      {"need to know is to be confirmed", "needs to know are to be confirmed"}}},
    {"sign_undertaking", {{"engagement attend votre signature",
                           "engagements attendent votre signature"},
                          {"undertaking awaits your signature",
                           "undertakings await your signature"}}},
    {"complete_application", {{"demande ajournée est à compléter",
                               "demandes ajournées sont à compléter"},
                              {"adjourned application is to be completed",
                               "adjourned applications are to be completed"}}},
    {"review_export", {{"sortie attend d'être vérifiée", "sorties attendent d'être vérifiées"},
                       {"export awaits a review", "exports await a review"}}},
    {"export_returned", {{"sortie est à corriger", "sorties sont à corriger"},
                         {"export is to be corrected", "exports are to be corrected"}}},
    {"export_approved", {{"sortie approuvée est à retirer", "sorties approuvées sont à retirer"},
                         {"approved export is to be taken", "approved exports are to be taken"}}},
};

static const char *const since[NOTICE_LANGUAGES] = {
    [NOTICE_FR] = "la plus ancienne depuis le", [NOTICE_EN] = "the oldest since"};

static void add_line(GString *text, const Line *line, const GPtrArray *tasks,
                     NoticeLanguage language)
{
    int64_t oldest_ms = INT64_MAX;
    int count = 0;
    for (guint i = 0; i < tasks->len; i++) {
        const Task *task = g_ptr_array_index(tasks, i);
        if (strcmp(task->kind, line->kind) != 0)
            continue;
        oldest_ms = MIN(oldest_ms, task->since_ms);
        count++;
    }
    if (count == 0)
        return;
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(oldest_ms / 1000);
    g_autofree char *day = g_date_time_format(date, "%Y-%m-%d");
    g_string_append_printf(text, "- %d %s (%s %s)\n", count, line->texts[language][count > 1],
                           since[language], day);
}

bool tasks_waiting(StoreTx *tx, const char *person, NoticeLanguage language, int64_t now_ms,
                   char **ret_text, GError **error)
{
    g_autoptr(IdentityPerson) row = NULL;
    if (!identity_person_load(tx, person, &row, error))
        return false;
    PolicyActor actor = {.id = row->id, .login = row->login, .name = row->name,
                         .organisation = row->organisation, .roles = row->roles,
                         .scopes = SCOPE_READ, .channel = CHANNEL_SESSION};
    g_autoptr(GPtrArray) tasks = tasks_load(tx, &actor, now_ms, error);
    if (tasks == NULL)
        return false;
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        add_line(text, &lines[i], tasks, language);
    if (text->len > 0)
        *ret_text = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

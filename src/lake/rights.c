/* SPDX-License-Identifier: Apache-2.0 */
/* Behind a door the roles are those of the person whose service it is: the service does nothing
 * that its person could not. */
#include "lake/rights.h"

#include "accreditation/accreditation.h"
#include "projects/projects.h"

#include <string.h>

bool lake_facts(StoreTx *tx, const LakeCaller *caller, const char *project, int64_t now_ms,
                PolicyFacts *ret_facts, GError **error)
{
    PolicyActor person = *caller->actor;
    PolicyFacts facts = {0};
    bool held = false;
    g_autofree char *volume = g_strconcat(project, "/bucket", NULL);
    person.id = (char *)caller->person;
    person.channel = CHANNEL_SESSION;
    if (!project_facts_load(tx, &person, project, now_ms, &facts, error) ||
        !accreditation_label_held(tx, volume, caller->person, now_ms, &held, error))
        return false;
    facts.label_held = held;
    facts.inside = caller->inside;
    *ret_facts = facts;
    return true;
}

bool lake_is_own(const LakeCaller *caller, const LakeObject *object)
{
    return object == NULL || (object->outside && strcmp(object->uploader, caller->person) == 0);
}

const char *lake_list_only(const LakeCaller *caller, const PolicyFacts *facts)
{
    if (caller->inside || policy_tier(facts->tier)->lake_get_outside)
        return NULL;
    return caller->person;
}

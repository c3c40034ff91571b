/* SPDX-License-Identifier: Apache-2.0 */
/* Words and times as JSON, both ways. Bodies were checked against their fields before. */
#include "projects/answers.h"

#include "base/times.h"

json_t *answer_time(int64_t time_ms)
{
    if (time_ms == 0)
        return json_null();
    g_autofree char *text = time_format(time_ms);
    return json_string(text);
}

json_t *answer_words(PolicySet set, unsigned bits)
{
    json_t *words = json_array();
    for (const PolicyName *name = policy_names(set); name->name != NULL; name++) {
        if ((bits & name->value) != 0)
            json_array_append_new(words, json_string(name->name));
    }
    return words;
}

json_t *answer_text(const char *text)
{
    return json_string(text != NULL ? text : "");
}

json_t *answer_project_brief(const Project *project)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "id", project->id, "title", project->title, "tier",
                     policy_name(SET_TIER, project->tier), "route",
                     policy_name(SET_ROUTE, project->route));
}

json_t *answer_person(const char *id, const char *login, const char *name)
{
    return json_pack("{s:s, s:s, s:s}", "id", id, "login", login, "name", name);
}

unsigned body_words(const HttpRequest *request, const char *name, PolicySet set, unsigned fallback)
{
    const json_t *words = json_object_get(http_request_body(request), name);
    if (!json_is_array(words))
        return fallback;
    unsigned bits = 0;
    for (size_t i = 0; i < json_array_size(words); i++) {
        unsigned value = 0;
        /* The field's choices are the set's words: a word that is not one was refused before. */
        bool known = policy_value(set, json_string_value(json_array_get(words, i)), &value);
        g_assert(known);
        bits |= value;
    }
    return bits;
}

unsigned body_word(const HttpRequest *request, const char *name, PolicySet set)
{
    unsigned value = 0;
    bool known = policy_value(set, http_body_text(request, name), &value);
    g_assert(known);
    return value;
}

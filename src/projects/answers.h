/* SPDX-License-Identifier: Apache-2.0 */
/* Small JSON shapes that the governance rooms share in their answers. */
#ifndef DARSE_PROJECTS_ANSWERS_H
#define DARSE_PROJECTS_ANSWERS_H

#include "app/app.h"
#include "projects/projects.h"

#include <jansson.h>

/* RFC 3339, or null for 0. */
json_t *answer_time(int64_t time_ms);
/* ["lead","scientist"]. */
json_t *answer_words(PolicySet set, unsigned bits);
/* Never NULL: a string, "" for NULL. */
json_t *answer_text(const char *text);
/* {"id","title","tier","route"}. */
json_t *answer_project_brief(const Project *project);
/* {"id","login","name"}. */
json_t *answer_person(const char *id, const char *login, const char *name);
/* The bits of an array of words in a checked body; FALLBACK if it is absent. */
unsigned body_words(const HttpRequest *request, const char *name, PolicySet set,
                    unsigned fallback);
/* One word of a checked body; asserted to be one of SET. */
unsigned body_word(const HttpRequest *request, const char *name, PolicySet set);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Examples for the API document. A row may carry its own; otherwise one is made of its name and its
 * type, so that every operation can be tried by copying. A test checks each against its schema.
 */
#include "http/openapi_internal.h"

#include <string.h>

/* What names mean in this API. Texts only: other types follow from the row. */
static const struct {
    const char *name, *text;
} texts[] = {
    {"access_key", "DARSE7KQ2VX4M9T3BZRN"},
    {"address", "192.0.2.17"},
    {"agent", "Mozilla/5.0 (X11; Linux x86_64)"},
    {"bucket", "care-use"},
    {"by", "Paul Producer"},
    {"cells", "128"},
    {"code", "492039"},
    {"column", "persons"},
    {"comment", "Agreed for the length of the project."},
    {"context", "Number of persons by chronic condition and insurance, census of 2024."},
    {"count", "persons"},
    {"csrf", "Vd1c0nGmYtJqWk3uXo2hEw"},
    {"cursor", "cHJqLTdrcTJ2eDRtOXQzYnpybmg"},
    {"definition", "jupyterlab"},
    {"email", "sophie.science@example.org"},
    {"endpoint", "http://localhost:8081"},
    {"file_name", "person-years.parquet"},
    {"file_sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    {"justification", "The tables by condition need the years of each person."},
    {"label", "Number of visits to a physician"},
    {"legal_basis", "Law 51-711 of 7 June 1951, article 7 bis"},
    {"login", "scientist"},
    {"name", "Sophie Science"},
    {"next", "cHJqLTdrcTJ2eDRtOXQzYnpybmg"},
    {"object", "exp-7kq2vx4m9t3bzrnh"},
    {"path", "results/tables.csv"},
    {"q", "care"},
    {"reason", "projects.state"},
    {"request", "req-7kq2vx4m9t3bzrnh"},
    {"rule_pack", "households"},
    {"sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    {"slug", "care-use"},
    {"step", "ready"},
    {"summary", "What insurance changes in the use of care."},
    {"title", "Use of care and insurance"},
    {"topic", "project:prj-7kq2vx4m9t3bzrnh"},
    {"uri", "otpauth://totp/Darse:scientist?secret=JBSWY3DPEHPK3PXP&issuer=Darse"},
    {"url", "http://svc-7kq2vx4m9t3bzrnh.localhost:8080/.darse/enter?ticket=Vd1c0nGmYtJq"},
    {"verb", "project.create"},
    {"version", "0.1.0"},
    {"vintage", "2024"},
};

static const struct {
    const char *name, *prefix;
} segments[] = {
    {"application", "app"}, {"dataset", "dts"}, {"export", "exp"},  {"fact", "fac"},
    {"file", "fil"},        {"person", "per"},  {"project", "prj"}, {"service", "svc"},
    {"session", "ses"},     {"source", "src"},  {"token", "tok"},
};

static json_t *identifier(const char *prefix)
{
    return json_sprintf("%s-7kq2vx4m9t3bzrnh", prefix);
}

static const char *text_named(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (strcmp(texts[i].name, name) == 0)
            return texts[i].text;
    }
    return NULL;
}

static json_t *text_example(const HttpField *field)
{
    const char *text = text_named(field->name);
    if (text == NULL)
        text = field->type == HTTP_SECRET ? "basin-and-lock-2026" : "text";
    int64_t length = g_utf8_strlen(text, -1);
    if (field->max > 0 && length > field->max) {
        g_autofree char *cut = g_utf8_substring(text, 0, field->max);
        return json_string(cut);
    }
    return json_string(text);
}

static json_t *number_example(const HttpField *field)
{
    int64_t number = MAX(field->min, 1);
    if (field->max != 0 && number > field->max)
        number = field->max;
    return json_integer(number);
}

static json_t *choice_example(const HttpField *field)
{
    const char *choices = field->choices + strspn(field->choices, " ");
    return json_stringn(choices, strcspn(choices, " "));
}

static json_t *made_example(const HttpField *field, SchemaUse use)
{
    switch (field->type) {
    case HTTP_TEXT:
    case HTTP_LONG_TEXT:
    case HTTP_SECRET:
        return text_example(field);
    case HTTP_ID:
        return identifier(field->choices);
    case HTTP_CHOICE:
        return choice_example(field);
    case HTTP_CHOICES:
        return json_pack("[o]", choice_example(field));
    case HTTP_INTEGER:
    case HTTP_NUMBER:
        return number_example(field);
    case HTTP_BOOLEAN:
        return json_true();
    case HTTP_TIME:
        return json_string("2027-01-31T12:00:00.000Z");
    case HTTP_TEXT_LIST:
        return json_pack("[o]", text_example(&(HttpField){.name = field->name}));
    case HTTP_OBJECT:
        return example_of_fields(field->fields, use);
    case HTTP_LIST:
        return json_pack("[o]", example_of_fields(field->fields, use));
    case HTTP_CELLS:
        return json_pack("[[s, s]]", "asthma", "12");
    case HTTP_ANY:
        return json_object();
    }
    g_assert_not_reached();
}

json_t *example_of_field(const HttpField *field, SchemaUse use)
{
    if (field->example == NULL)
        return made_example(field, use);
    json_t *example = json_loads(field->example, JSON_DECODE_ANY, NULL);
    if (example == NULL)
        g_error("the example of field %s is not JSON: %s", field->name, field->example);
    return example;
}

/* Bodies show what must be sent; answers show everything. */
json_t *example_of_fields(const HttpField *fields, SchemaUse use)
{
    json_t *example = json_object();
    for (const HttpField *field = fields; field->name != NULL; field++) {
        if (use == SCHEMA_ANSWER || field->required || field->example != NULL)
            json_object_set_new(example, field->name, example_of_field(field, use));
    }
    return example;
}

json_t *example_of_segment(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(segments); i++) {
        if (strcmp(segments[i].name, name) == 0)
            return identifier(segments[i].prefix);
    }
    const char *text = text_named(name);
    return json_string(text != NULL ? text : "1");
}

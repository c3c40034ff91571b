/* SPDX-License-Identifier: Apache-2.0 */
/* What applications look like over HTTP: the tables of fields of their bodies and answers. */
#include "accreditation/internal.h"

#define ROUTES "research own_administration"
#define PURPOSES "official_statistics research evaluation management control enforcement"

/* ---- bodies ---- */

#define SECTIONS                                                                                   \
    {"method", HTTP_LONG_TEXT, .max = APPLICATION_SECTION_CHARACTERS,                              \
     .summary = "What will be computed, and how"},                                                 \
        {"minimisation", HTTP_LONG_TEXT, .max = APPLICATION_SECTION_CHARACTERS,                    \
         .summary = "Why less detailed data would not do"},                                        \
        {"results", HTTP_LONG_TEXT, .max = APPLICATION_SECTION_CHARACTERS,                         \
         .summary = "What will leave, and where it will be published"},                            \
        {"funding", HTTP_LONG_TEXT, .max = APPLICATION_SECTION_CHARACTERS,                         \
         .summary = "Who pays for it, and any interest in the results"},                           \
        {"mission", HTTP_LONG_TEXT, .max = APPLICATION_SECTION_CHARACTERS,                         \
         .summary = "The mission of the administration that it serves"}

/* The same words twice: what is sent may leave one out, what is answered may say null. */
static const HttpField sections_new[] = {SECTIONS, HTTP_SCHEMA("ApplicationTextsNew")};
static const HttpField sections[] = {SECTIONS, HTTP_SCHEMA("ApplicationTexts")};

#define DRAFT                                                                                      \
    {"datasets", HTTP_TEXT_LIST, .max = APPLICATION_DATASETS_MAX,                                  \
     .example = "[\"dts-7kq2vx4m9t3bzrnh\"]"},                                                     \
        {"persons", HTTP_TEXT_LIST, .max = APPLICATION_PERSONS_MAX,                                \
         .example = "[\"scientist\"]", .summary = "Logins of members"},                            \
        {"justification", HTTP_LONG_TEXT, .summary = "The purpose: what the data are needed for"}, \
        {"answers", HTTP_OBJECT, .fields = sections_new,                                           \
         .summary = "What the route asks besides; takes the place of all of it"},                  \
        {"until", HTTP_TIME, .summary = "Until when it is asked"}

/* A draft may lack anything; submitting asks for datasets, persons and the justification. */
const HttpField application_new_fields[] = {DRAFT, HTTP_SCHEMA("ApplicationNew")};
const HttpField application_edit_fields[] = {
    DRAFT,
    {"version", HTTP_INTEGER, .min = 1, .max = INT64_MAX,
     .summary = "As read: refused if somebody else has saved meanwhile"},
    HTTP_SCHEMA("ApplicationEdit"),
};

/* ---- answers ---- */

static const HttpField person_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("PersonBrief"),
};
static const HttpField project_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    {"tier", HTTP_CHOICE, .required = true, .choices = "open restricted secure"},
    {"route", HTTP_CHOICE, .required = true, .choices = "research own_administration"},
    HTTP_SCHEMA("ProjectBrief"),
};
static const HttpField source_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "src"},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("SourceBrief"),
};
static const HttpField dataset_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "dts"},
    {"slug", HTTP_TEXT, .required = true},
    {"title", HTTP_TEXT, .required = true},
    {"vintage", HTTP_TEXT, .required = true},
    {"version", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"level", HTTP_CHOICE, .required = true, .choices = "public scientific secure"},
    {"state", HTTP_CHOICE, .required = true, .choices = "draft reading published failed"},
    {"source", HTTP_OBJECT, .required = true, .fields = source_answer},
    HTTP_SCHEMA("DatasetBrief"),
};
#define SIGNED                                                                                     \
    {"outcome", HTTP_CHOICE, .required = true,                                                     \
     .choices = "agreed refused favourable adjourned unfavourable signed needed"},                 \
        {"comment", HTTP_LONG_TEXT, .required = true}, {"by", HTTP_TEXT, .required = true},        \
        {"signed", HTTP_TIME, .required = true},                                                   \
        {"expires", HTTP_TIME, .required = true, .nullable = true},                                \
        {"revoked", HTTP_BOOLEAN, .required = true},                                               \
        {"fact", HTTP_ID, .required = true, .choices = "fac"}
static const HttpField agreement_answer[] = {
    {"dataset", HTTP_ID, .required = true, .choices = "dts"}, SIGNED, HTTP_SCHEMA("Agreement")};
static const HttpField opinion_answer[] = {
    {"dataset", HTTP_ID, .required = true, .nullable = true, .choices = "dts"}, SIGNED,
    HTTP_SCHEMA("Opinion")};
static const HttpField undertaking_answer[] = {
    {"dataset", HTTP_ID, .required = true, .choices = "dts"},
    {"person", HTTP_ID, .required = true, .choices = "per"}, SIGNED, HTTP_SCHEMA("Undertaking")};
static const HttpField need_answer[] = {
    {"term", HTTP_CHOICE, .required = true, .choices = APPLICATION_TERMS " submit"},
    {"dataset", HTTP_ID, .required = true, .nullable = true, .choices = "dts"},
    {"person", HTTP_OBJECT, .required = true, .nullable = true, .fields = person_answer},
    {"waits_for", HTTP_TEXT_LIST, .required = true, .summary = "Names, or roles"},
    HTTP_SCHEMA("Need"),
};
static const HttpField asking_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "prj"},
    {"title", HTTP_TEXT, .required = true},
    {"tier", HTTP_CHOICE, .required = true, .choices = "open restricted secure"},
    {"route", HTTP_CHOICE, .required = true, .choices = ROUTES},
    {"summary", HTTP_LONG_TEXT, .summary = "This and the following: not in lists"},
    {"purpose", HTTP_CHOICE, .choices = PURPOSES},
    {"legal_basis", HTTP_LONG_TEXT},
    {"organisation", HTTP_TEXT},
    {"starts", HTTP_TIME},
    {"ends", HTTP_TIME},
    {"leads", HTTP_TEXT_LIST},
    HTTP_SCHEMA("ApplicationProject"),
};
static const HttpField applicant_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "per"},
    {"login", HTTP_TEXT, .required = true},
    {"name", HTTP_TEXT, .required = true},
    {"organisation", HTTP_TEXT, .required = true},
    {"roles", HTTP_CHOICES, .required = true, .choices = "lead scientist business", .max = 3},
    HTTP_SCHEMA("Applicant"),
};
static const HttpField may_answer[] = {
    {"edit", HTTP_BOOLEAN, .required = true},
    {"submit", HTTP_BOOLEAN, .required = true},
    {"withdraw", HTTP_BOOLEAN, .required = true},
    {"agree", HTTP_TEXT_LIST, .required = true, .summary = "Datasets whose source is the caller's",
     .example = "[\"dts-7kq2vx4m9t3bzrnh\"]"},
    {"opine", HTTP_BOOLEAN, .required = true},
    {"undertake", HTTP_BOOLEAN, .required = true},
    HTTP_SCHEMA("ApplicationMay"),
};
static const HttpField round_answer[] = {
    {"round", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"justification", HTTP_LONG_TEXT, .required = true},
    {"answers", HTTP_OBJECT, .required = true, .fields = sections},
    {"until", HTTP_TIME, .required = true, .nullable = true},
    {"submitted", HTTP_TIME, .required = true},
    {"by", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("ApplicationRound"),
};
static const HttpField history_answer[] = {
    {"what", HTTP_CHOICE, .required = true,
     .choices = "created submitted signed revoked withdrawn"},
    {"at", HTTP_TIME, .required = true},
    {"by", HTTP_TEXT, .required = true, .nullable = true},
    {"term", HTTP_CHOICE, .required = true, .nullable = true, .choices = APPLICATION_TERMS},
    {"outcome", HTTP_CHOICE, .required = true, .nullable = true,
     .choices = "agreed refused favourable adjourned unfavourable signed needed"},
    {"dataset", HTTP_ID, .required = true, .nullable = true, .choices = "dts"},
    {"person", HTTP_ID, .required = true, .nullable = true, .choices = "per"},
    {"comment", HTTP_LONG_TEXT, .required = true},
    HTTP_SCHEMA("ApplicationEvent"),
};
const HttpField application_answer[] = {
    {"id", HTTP_ID, .required = true, .choices = "app"},
    {"project", HTTP_OBJECT, .required = true, .fields = asking_answer},
    {"state", HTTP_CHOICE, .required = true, .choices = APPLICATION_STATES},
    {"justification", HTTP_LONG_TEXT, .required = true},
    {"answers", HTTP_OBJECT, .required = true, .fields = sections},
    {"round", HTTP_INTEGER, .required = true, .max = INT64_MAX,
     .summary = "Of the last submission"},
    {"version", HTTP_INTEGER, .required = true, .max = INT64_MAX},
    {"missing", HTTP_CHOICES, .required = true, .choices = "datasets persons justification",
     .max = 3, .summary = "What submitting still needs"},
    {"created_by", HTTP_OBJECT, .required = true, .fields = person_answer},
    {"created", HTTP_TIME, .required = true},
    {"changed", HTTP_TIME, .required = true, .nullable = true, .summary = "Last saved"},
    {"until", HTTP_TIME, .required = true, .nullable = true,
     .summary = "Until when it is asked"},
    {"submitted", HTTP_TIME, .required = true, .nullable = true},
    {"decided", HTTP_TIME, .required = true, .nullable = true},
    {"datasets", HTTP_LIST, .required = true, .fields = dataset_answer},
    {"persons", HTTP_LIST, .required = true, .fields = applicant_answer},
    {"agreements", HTTP_LIST, .required = true, .fields = agreement_answer},
    {"opinion", HTTP_OBJECT, .required = true, .nullable = true, .fields = opinion_answer},
    {"undertakings", HTTP_LIST, .required = true, .fields = undertaking_answer},
    {"needs", HTTP_LIST, .required = true, .fields = need_answer},
    {"may", HTTP_OBJECT, .fields = may_answer,
     .summary = "What the caller may do now; this and the following: not in lists"},
    {"sections", HTTP_CHOICES, .choices = "method minimisation results funding mission", .max = 5,
     .summary = "What the route asks in words besides the purpose"},
    {"terms", HTTP_CHOICES, .choices = APPLICATION_TERMS, .max = 6,
     .summary = "What an accreditation needs on this route"},
    {"rounds", HTTP_LIST, .fields = round_answer, .summary = "What was submitted, each time"},
    {"history", HTTP_LIST, .fields = history_answer, .summary = "What happened, oldest first"},
    HTTP_SCHEMA("Application"),
};
const HttpField applications_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = application_answer},
    ANSWER_NEXT,
    HTTP_SCHEMA("ApplicationPage"),
};
static const HttpField earlier_row[] = {
    {"application", HTTP_ID, .required = true, .choices = "app"},
    {"project", HTTP_TEXT, .required = true, .summary = "Its title"},
    {"dataset", HTTP_TEXT, .required = true, .nullable = true, .summary = "Its title"},
    {"source", HTTP_TEXT, .required = true, .nullable = true, .summary = "Its title"},
    {"term", HTTP_CHOICE, .required = true, .choices = APPLICATION_TERMS},
    {"outcome", HTTP_CHOICE, .required = true,
     .choices = "agreed refused favourable adjourned unfavourable signed needed"},
    {"comment", HTTP_LONG_TEXT, .required = true},
    {"by", HTTP_TEXT, .required = true},
    {"signed", HTTP_TIME, .required = true},
    {"expires", HTTP_TIME, .required = true, .nullable = true},
    {"revoked", HTTP_BOOLEAN, .required = true},
    {"same_project", HTTP_BOOLEAN, .required = true},
    {"same_persons", HTTP_BOOLEAN, .required = true,
     .summary = "It named one of these persons"},
    HTTP_SCHEMA("EarlierDecision"),
};
const HttpField earlier_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = earlier_row},
    ANSWER_NEXT,
    HTTP_SCHEMA("EarlierDecisionPage"),
};
static const HttpField opening_dataset[] = {
    {"dataset", HTTP_ID, .required = true, .choices = "dts"},
    {"allowed", HTTP_BOOLEAN, .required = true, .summary = "The project may apply for it"},
    {"reason", HTTP_TEXT, .required = true},
    {"detail", HTTP_TEXT, .required = true},
    {"state", HTTP_CHOICE, .required = true, .choices = "none draft asked accredited"},
    {"application", HTTP_ID, .required = true, .nullable = true, .choices = "app",
     .summary = "The latest one that names the caller"},
    HTTP_SCHEMA("OpeningDataset"),
};
static const HttpField opening_row[] = {
    {"project", HTTP_OBJECT, .required = true, .fields = project_answer},
    {"datasets", HTTP_LIST, .required = true, .fields = opening_dataset},
    HTTP_SCHEMA("Opening"),
};
const HttpField openings_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = opening_row},
    ANSWER_NEXT,
    HTTP_SCHEMA("OpeningPage"),
};

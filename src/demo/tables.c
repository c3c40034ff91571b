/* SPDX-License-Identifier: Apache-2.0 */
/* Who and what the demonstration shows. Persons and organisations are invented; the health file holds
 * real, public microdata; the enterprises are generated. */
#include "demo/demo.h"

const DemoOrganisation demo_organisations[] = {
    {"institute", "Institute of Statistics", "statistics"},
    {"health", "Ministry of Health, statistical service", "statistics"},
    {"university", "University of La Rade", "university"},
    {"ministry", "Ministry of Social Affairs", "administration"},
    {NULL},
};

const DemoAccount demo_accounts[] = {
    {"officer", "Olivia Fournier", "ministry", "officer", "runs the platform"},
    {"producer", "Paul Mercier", "health", "producer", "answers for the health source"},
    {"producer2", "Perrine Garnier", "institute", "producer", "answers for the enterprise and the teaching sources"},
    {"committee", "Colette Roussel", "institute", "committee", "signs the committee's opinions"},
    {"lead", "Louise Delmas", "university", "", "leads both projects"},
    {"scientist", "Samir Benali", "university", "", "works on the data"},
    {"checker1", "Claire Vasseur", "ministry", "checker", "reviews exports"},
    {"checker2", "Cyril Moreau", "institute", "checker", "reviews exports"},
    {"business", "Bianca Leroy", "ministry", "", "follows a project, launches nothing"},
    {"auditor", "Armand Petit", "ministry", "auditor", "reads the audit log"},
    {NULL},
};

const DemoProject demo_projects[] = {
    {DEMO_PROJECT_RESTRICTED, "Use of care and insurance",
     "How the share that a family pays changes how often it sees a doctor.", "university",
     "Research agreement 2026-014 with the statistical service of the Ministry of Health",
     "restricted", "lead", {{"scientist", "scientist"}, {"business", "business"}}},
    {DEMO_PROJECT_SECURE, "Weight of large enterprises",
     "What the largest enterprises weigh in each activity and region.", "university",
     "Research agreement 2026-021 with the Institute of Statistics", "secure", "lead",
     {{"scientist", "scientist"}}},
    {NULL},
};

static const DemoVariable health_variables[] = {
    {"mdvis", "Visits to a physician in the year"},
    {"lncoins", "Logarithm of the share paid by the family (per cent, plus one)"},
    {"idp", "Deductible per individual (1: yes)"},
    {"lpi", "Logarithm of the yearly participation payment"},
    {"fmde", "Logarithm of the largest expenditure at the family's charge"},
    {"physlm", "Physical limitation (1: yes)"},
    {"disea", "Index of chronic diseases"},
    {"hlthg", "Health rated good (1: yes)"},
    {"hlthf", "Health rated fair (1: yes)"},
    {"hlthp", "Health rated poor (1: yes)"},
    {NULL},
};

static const DemoVariable enterprise_variables[] = {
    {"A10", "Activity in 10 items (NACE rev. 2)"},
    {"A21", "Activity, section (NACE rev. 2)"},
    {"A88", "Activity, division (NACE rev. 2)"},
    {"TYPE", "Type of unit"},
    {"SIZE", "Size class (tr1: small, tr2: medium, tr3: large)"},
    {"CJ", "Legal category (LL: limited liability, SP: sole proprietor, PA: partnership)"},
    {"NUTS1", "Territory, level 1 (NUTS 2013)"},
    {"NUTS2", "Territory, level 2 (NUTS 2013)"},
    {"NUTS3", "Territory, level 3 (NUTS 2013)"},
    {"WEIGHT", "Sampling weight"},
    {"TURNOVER", "Turnover, thousand euros"},
    {"PRODUCTION", "Production, thousand euros"},
    {NULL},
};

static const DemoVariable teaching_variables[] = {
    {"city", "City, department or region of residence, as the file allows"},
    {"department", "Department of residence"},
    {"region", "Region of residence"},
    {"salary", "Monthly salary, euros"},
    {"occupation", "Occupation, or group of occupations"},
    {"siret", "Employer's establishment, as a keyed code"},
    {"record_key", "Key of the record for tables by the cell-key method"},
    {NULL},
};

const DemoSource demo_sources[] = {
    {DEMO_SOURCE_PERSONS, "Health insurance experiment",
     "Person-years of the RAND Health Insurance Experiment: plan of the family, health, visits to a "
     "physician. Real persons, public domain.",
     "Survey of persons under the statistics act, confidential for 75 years", "fr-person",
     "producer", "1974-1982", "research evaluation official_statistics", "health",
     health_variables,
     {{"person-years-scientific", "Person-years, scientific use", "scientific",
       "health-scientific.csv"},
      {"person-years", "Person-years, secure use", "secure", "health-secure.csv"}}},
    {DEMO_SOURCE_ENTERPRISES, "Enterprise register",
     "Activity, size, legal category, territory, turnover and production of enterprises. Generated: "
     "no unit exists.",
     "Survey of enterprises under law 51-711; never for control or enforcement", "fr-enterprise",
     "producer2", "2024", "research evaluation official_statistics", "business",
     enterprise_variables,
     {{"units-scientific", "Units, scientific use", "scientific", "enterprises-scientific.csv"},
      {"units", "Units, secure use", "secure", "enterprises-secure.csv"}}},
    {DEMO_SOURCE_TEACHING, "Employees, a teaching file",
     "City, occupation, salary and employer of invented employees, for teaching how a raw file becomes a "
     "secure, a scientific and a public use file. Nobody in it exists.",
     "Invented for teaching; treated as a survey of persons under law 51-711", "fr-person", "producer2",
     "2026", "research evaluation official_statistics", "labour", teaching_variables,
     {{"employees-secure", "Employees, secure use file", "secure", "employees-raw.csv",
       "recipe-secure.json"},
      {"employees-scientific", "Employees, scientific use file", "scientific", "employees-raw.csv",
       "recipe-scientific.json"},
      {"employees-public", "Employees, public use file", "public", "employees-raw.csv",
       "recipe-public.json"}}},
    {NULL},
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The predicate, pure: facts in, terms out. Which terms there are is said by the route's row in the
 * policy tables. It reads no database and no clock.
 */
#ifndef DARSE_ACCREDITATION_TERMS_H
#define DARSE_ACCREDITATION_TERMS_H

#include "policy/policy.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCREDITATION_TERMS_MAX 8

/* What was signed last for a term; a later signature takes the place of an earlier one. */
typedef struct AccreditationFact {
    char *id;                  /* NULL: nothing was signed */
    char *application;         /* NULL for a need to know */
    char *project, *dataset, *person;
    unsigned term;             /* PolicyTerm */
    char *outcome;             /* "agreed", "refused", "favourable", "adjourned", "unfavourable",
                                  "needed", "signed" */
    char *comment;
    char *by, *by_name;        /* person who signed */
    int64_t signed_ms;
    int64_t expires_ms;        /* 0: none */
    int64_t revoked_ms;        /* 0: not revoked */
    char *revoked_reason;
} AccreditationFact;
void accreditation_fact_clear(AccreditationFact *fact);
void accreditation_fact_free(AccreditationFact *fact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AccreditationFact, accreditation_fact_free)

typedef struct AccreditationFacts {
    /* the project */
    unsigned route, purpose;
    unsigned state;            /* PolicyState, dates applied */
    int64_t project_ends_ms;
    /* the person */
    unsigned roles;            /* PolicyProjectRole of a live membership */
    int64_t member_ends_ms;
    bool disabled;             /* the account */
    /* the dataset */
    bool published;
    unsigned level;            /* PolicyLevel */
    PolicyTier tier;
    unsigned source_routes, source_purposes;
    bool same_organisation;    /* source and project */
    /* what was signed last, borrowed; NULL: nothing */
    const AccreditationFact *agreement, *opinion, *need, *undertaking;
    bool asked;                /* a submitted application names the person and the dataset */
} AccreditationFacts;

typedef struct AccreditationTerm {
    unsigned term;             /* PolicyTerm */
    bool met;
    const char *reason;        /* slug, static; "" when met */
    const char *detail;        /* sentence, static; "" when met */
    int64_t expires_ms;        /* 0: never, or not met */
    const char *waits_for;     /* who must act: "steward", "committee", "lead", "person", "officer",
                                  "applicant"; "" when met */
    const AccreditationFact *fact; /* borrowed from the facts; may be NULL */
} AccreditationTerm;

/* Fills TERMS (at most ACCREDITATION_TERMS_MAX) in the order of the policy's terms; returns whether
 * all are met at NOW. */
bool accreditation_evaluate(const AccreditationFacts *facts, int64_t now_ms,
                            AccreditationTerm terms[ACCREDITATION_TERMS_MAX], size_t *ret_count);

#endif

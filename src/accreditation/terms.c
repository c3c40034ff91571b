/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per term: how it is judged and who can bring it about. A judge fills the term and leaves
 * it unmet by giving a reason; the first reason found is the one told.
 */
#include "accreditation/terms.h"

#include <string.h>

void accreditation_fact_clear(AccreditationFact *fact)
{
    g_free(fact->id);
    g_free(fact->application);
    g_free(fact->project);
    g_free(fact->dataset);
    g_free(fact->person);
    g_free(fact->outcome);
    g_free(fact->comment);
    g_free(fact->by);
    g_free(fact->by_name);
    g_free(fact->revoked_reason);
    *fact = (AccreditationFact){0};
}

void accreditation_fact_free(AccreditationFact *fact)
{
    if (fact == NULL)
        return;
    accreditation_fact_clear(fact);
    g_free(fact);
}

static void unmet(AccreditationTerm *term, const char *reason, const char *detail)
{
    term->met = false;
    term->expires_ms = 0;
    term->reason = reason;
    term->detail = detail;
}

static void met_until(AccreditationTerm *term, int64_t expires_ms)
{
    term->met = true;
    term->reason = "";
    term->detail = "";
    term->waits_for = "";
    term->expires_ms = expires_ms;
}

static void judge_project(const AccreditationFacts *f, int64_t now_ms, AccreditationTerm *term)
{
    switch (f->state) {
    case STATE_OPEN:
        if (now_ms >= f->project_ends_ms)
            unmet(term, "accreditation.project_ended", "The project has passed its last day.");
        else
            met_until(term, f->project_ends_ms);
        return;
    case STATE_PLANNED:
        unmet(term, "accreditation.project_planned", "The project is not open yet.");
        return;
    case STATE_FROZEN:
        unmet(term, "accreditation.project_frozen", "The project is frozen.");
        return;
    default:
        unmet(term, "accreditation.project_closed", "The project is closed.");
    }
}

static void judge_member(const AccreditationFacts *f, int64_t now_ms, AccreditationTerm *term)
{
    if (f->disabled)
        unmet(term, "accreditation.person_disabled", "The person's account is disabled.");
    else if ((f->roles & (PROJECT_LEAD | PROJECT_SCIENTIST)) == 0 || now_ms >= f->member_ends_ms)
        unmet(term, "accreditation.not_a_member",
              "The person is not (any more) a lead or a scientist of the project.");
    else
        met_until(term, f->member_ends_ms);
}

/* What is signed is worth nothing for a dataset that cannot enter the project. */
static bool judge_admission(const AccreditationFacts *f, AccreditationTerm *term)
{
    const PolicyRouteRow *route = policy_route((PolicyRoute)f->route);
    if (!f->published)
        unmet(term, "accreditation.not_published", "The dataset is not published.");
    else if ((f->source_routes & f->route) == 0)
        unmet(term, "accreditation.source_route",
              "The source does not admit projects of this route (any more).");
    else if ((f->source_purposes & f->purpose) == 0)
        unmet(term, "accreditation.source_purpose",
              "The source excludes the project's purpose.");
    else if ((policy_tier(f->tier)->levels & f->level) == 0)
        unmet(term, "accreditation.tier_level",
              "A dataset of this level cannot enter a project of this tier.");
    else if (route->own_organisation && !f->same_organisation)
        unmet(term, "accreditation.other_organisation",
              "On this route a project uses its own administration's sources only.");
    else
        return true;
    return false;
}

typedef struct SignedWords {
    const char *outcome;            /* the one that meets the term */
    const char *missing_reason, *missing;
    const char *refused_reason, *refused;
    const char *expired_reason, *expired;
    const char *revoked_reason, *revoked;
} SignedWords;

static const SignedWords agreement_words = {
    "agreed",
    "accreditation.agreement_missing", "The steward of the source has not answered yet.",
    "accreditation.agreement_refused", "The steward of the source has refused.",
    "accreditation.agreement_expired", "The steward's agreement has expired.",
    "accreditation.agreement_revoked", "The steward's agreement was revoked.",
};
static const SignedWords opinion_words = {
    "favourable",
    "accreditation.opinion_missing", "The committee has not given its opinion yet.",
    "accreditation.opinion_refused", "The committee's opinion is not favourable.",
    "accreditation.opinion_expired", "The committee's opinion has expired.",
    "accreditation.opinion_revoked", "The committee's opinion was revoked.",
};
static const SignedWords need_words = {
    "needed",
    "accreditation.need_missing", "The project's lead has not confirmed the need to know.",
    "accreditation.need_refused", "The project's lead has denied the need to know.",
    "accreditation.need_expired", "The need to know has expired.",
    "accreditation.need_revoked", "The need to know was revoked.",
};
static const SignedWords undertaking_words = {
    "signed",
    "accreditation.undertaking_missing", "The person has not signed the undertaking yet.",
    "accreditation.undertaking_refused", "The person has refused to sign the undertaking.",
    "accreditation.undertaking_expired", "The undertaking has expired.",
    "accreditation.undertaking_revoked", "The undertaking was revoked.",
};

static void judge_signed(const AccreditationFact *fact, const SignedWords *words, bool asked,
                         int64_t now_ms, AccreditationTerm *term)
{
    term->fact = fact;
    if (fact == NULL && !asked) {
        unmet(term, "accreditation.not_asked",
              "No submitted application names this person and this dataset.");
        term->waits_for = "applicant";
    } else if (fact == NULL) {
        unmet(term, words->missing_reason, words->missing);
    } else if (fact->revoked_ms != 0) {
        unmet(term, words->revoked_reason, words->revoked);
    } else if (strcmp(fact->outcome, words->outcome) != 0) {
        unmet(term, words->refused_reason, words->refused);
    } else if (fact->expires_ms != 0 && now_ms >= fact->expires_ms) {
        unmet(term, words->expired_reason, words->expired);
    } else {
        met_until(term, fact->expires_ms);
    }
}

static void judge_agreement(const AccreditationFacts *f, int64_t now_ms, AccreditationTerm *term)
{
    term->fact = f->agreement;
    if (judge_admission(f, term))
        judge_signed(f->agreement, &agreement_words, f->asked, now_ms, term);
}

static void judge_opinion(const AccreditationFacts *f, int64_t now_ms, AccreditationTerm *term)
{
    judge_signed(f->opinion, &opinion_words, f->asked, now_ms, term);
}

static void judge_need(const AccreditationFacts *f, int64_t now_ms, AccreditationTerm *term)
{
    term->fact = f->need;
    if (judge_admission(f, term))
        judge_signed(f->need, &need_words, true, now_ms, term);
}

static void judge_undertaking(const AccreditationFacts *f, int64_t now_ms, AccreditationTerm *term)
{
    judge_signed(f->undertaking, &undertaking_words, f->asked, now_ms, term);
}

typedef struct TermRow {
    PolicyTerm term;
    void (*judge)(const AccreditationFacts *facts, int64_t now_ms, AccreditationTerm *term);
    const char *waits_for;
} TermRow;

static const TermRow term_rows[] = {
    {TERM_PROJECT_OPEN, judge_project, "officer"},
    {TERM_MEMBER, judge_member, "lead"},
    {TERM_STEWARD_AGREEMENT, judge_agreement, "steward"},
    {TERM_COMMITTEE_OPINION, judge_opinion, "committee"},
    {TERM_NEED_TO_KNOW, judge_need, "lead"},
    {TERM_UNDERTAKING, judge_undertaking, "person"},
};
G_STATIC_ASSERT(G_N_ELEMENTS(term_rows) <= ACCREDITATION_TERMS_MAX);

bool accreditation_evaluate(const AccreditationFacts *facts, int64_t now_ms,
                            AccreditationTerm terms[ACCREDITATION_TERMS_MAX], size_t *ret_count)
{
    unsigned wanted = policy_route((PolicyRoute)facts->route)->terms;
    unsigned judged = 0;
    size_t count = 0;
    bool all = true;
    for (size_t i = 0; i < G_N_ELEMENTS(term_rows); i++) {
        if ((wanted & term_rows[i].term) == 0)
            continue;
        AccreditationTerm *term = &terms[count++];
        *term = (AccreditationTerm){.term = term_rows[i].term, .waits_for = term_rows[i].waits_for};
        term_rows[i].judge(facts, now_ms, term);
        all = all && term->met;
        judged |= term_rows[i].term;
    }
    /* A term that the policy asks for and nobody judges must never count as met. */
    g_assert(judged == wanted);
    *ret_count = count;
    return all;
}

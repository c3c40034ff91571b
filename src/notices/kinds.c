/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of notices and all that is said of them. A sentence names no project, dataset or person:
 * where the tier lets a title out it is put beside the sentence, so that one text serves every tier.
 */
#include "notices/notices.h"

#include <string.h>

#define FR_EN(subject_fr, sentence_fr, subject_en, sentence_en)                                    \
    .texts = {[NOTICE_FR] = {subject_fr, sentence_fr}, [NOTICE_EN] = {subject_en, sentence_en}}

static const NoticeKindRow kinds[NOTICE_KIND_COUNT] = {
    [NOTICE_AGREE] = {NOTICE_AGREE, "agree", "act", "/applications/{object}", NOTICE_BY_DIGEST, false,
        FR_EN("Une demande attend votre accord",
              "Une demande d'habilitation porte sur l'une de vos sources et attend votre accord.",
              "An application awaits your agreement",
              "An application asks for one of your sources and awaits your agreement.")},
    [NOTICE_OPINE] = {NOTICE_OPINE, "opine", "act", "/applications/{object}", NOTICE_BY_DIGEST, false,
        FR_EN("Une demande attend l'avis du comité",
              "Tous les producteurs ont répondu à une demande d'habilitation ; elle attend l'avis du "
              "comité.",
              "An application awaits the committee",
              "Every producer has answered an application; it awaits the committee's opinion.")},
    [NOTICE_NEED_TO_KNOW] = {NOTICE_NEED_TO_KNOW, "need_to_know", "act", "/applications/{object}",
        NOTICE_BY_MAIL, false,
        FR_EN("Un besoin d'en connaître est à confirmer",
              "Une demande de votre projet attend que vous confirmiez le besoin d'en connaître.",
              "A need to know is to be confirmed",
              "An application of your project awaits that you confirm the need to know.")},
    [NOTICE_UNDERTAKE] = {NOTICE_UNDERTAKE, "undertake", "act", "/applications/{object}",
        NOTICE_BY_MAIL, false,
        FR_EN("Un engagement attend votre signature",
              "Une demande d'habilitation vous nomme ; elle attend votre engagement personnel.",
              "An undertaking awaits your signature",
              "An application names you; it awaits your personal undertaking.")},
    [NOTICE_REVIEW] = {NOTICE_REVIEW, "review", "act", "/exports/{object}/review", NOTICE_BY_DIGEST,
        false,
        FR_EN("Une sortie attend d'être vérifiée",
              "Une demande de sortie a été déposée ; elle attend une vérification indépendante.",
              "An export awaits its review",
              "An export was submitted; it awaits an independent review.")},
    [NOTICE_WAITING] = {NOTICE_WAITING, "waiting", "act", "/", NOTICE_BY_DIGEST, false,
        FR_EN("Rappel hebdomadaire de ce qui vous attend",
              "Chaque lundi, la liste de ce qui attend encore une réponse de vous.",
              "Weekly reminder of what awaits you",
              "Every Monday, the list of what still awaits an answer of yours.")},

    [NOTICE_APPLICATION_ANSWERED] = {NOTICE_APPLICATION_ANSWERED, "application_answered", "decided",
        "/applications/{object}", NOTICE_BY_PAGE, false,
        FR_EN("Une réponse à votre demande",
              "Un producteur ou le comité a répondu à une demande d'habilitation qui vous concerne.",
              "An answer to your application",
              "A producer or the committee has answered an application that concerns you.")},
    [NOTICE_APPLICATION_DECIDED] = {NOTICE_APPLICATION_DECIDED, "application_decided", "decided",
        "/applications/{object}", NOTICE_BY_MAIL, false,
        FR_EN("Votre demande est instruite",
              "Toutes les réponses attendues à une demande d'habilitation qui vous concerne sont "
              "arrivées.",
              "Your application is complete",
              "Every answer to an application that concerns you has arrived.")},
    [NOTICE_EXPORT_APPROVED] = {NOTICE_EXPORT_APPROVED, "export_approved", "decided",
        "/exports/{object}", NOTICE_BY_MAIL, false,
        FR_EN("Votre sortie est approuvée",
              "Une sortie que vous avez demandée est approuvée ; elle peut être retirée.",
              "Your export is approved",
              "An export that you asked for is approved; it can be taken.")},
    [NOTICE_EXPORT_RETURNED] = {NOTICE_EXPORT_RETURNED, "export_returned", "decided",
        "/exports/{object}", NOTICE_BY_MAIL, false,
        FR_EN("Votre sortie est à corriger",
              "Une sortie que vous avez demandée vous est renvoyée, avec les remarques des "
              "vérificateurs.",
              "Your export was returned",
              "An export that you asked for comes back to you, with the checkers' comments.")},
    [NOTICE_EXPORT_REJECTED] = {NOTICE_EXPORT_REJECTED, "export_rejected", "decided",
        "/exports/{object}", NOTICE_BY_MAIL, false,
        FR_EN("Votre sortie est refusée",
              "Une sortie que vous avez demandée est refusée ; la raison est sur sa page.",
              "Your export was rejected",
              "An export that you asked for was rejected; its page says why.")},

    [NOTICE_MEMBER_ADDED] = {NOTICE_MEMBER_ADDED, "member_added", "rights", "/projects/{project}",
        NOTICE_BY_MAIL, false,
        FR_EN("Vous êtes membre d'un projet", "Vous avez été ajouté comme membre d'un projet.",
              "You are a member of a project", "You were added to a project as a member.")},
    [NOTICE_MEMBER_CHANGED] = {NOTICE_MEMBER_CHANGED, "member_changed", "rights",
        "/projects/{project}", NOTICE_BY_PAGE, false,
        FR_EN("Votre rôle dans un projet a changé",
              "Vos rôles ou vos dates dans un projet ont été modifiés.",
              "Your part in a project changed",
              "Your roles or your dates in a project were changed.")},
    [NOTICE_MEMBER_REMOVED] = {NOTICE_MEMBER_REMOVED, "member_removed", "rights", "/projects",
        NOTICE_BY_MAIL, false,
        FR_EN("Vous n'êtes plus membre d'un projet",
              "Vous avez été retiré d'un projet ; ses fichiers et ses données vous sont fermés.",
              "You are no longer a member of a project",
              "You were taken out of a project; its files and data are closed to you.")},
    [NOTICE_PROJECT_STATE] = {NOTICE_PROJECT_STATE, "project_state", "rights",
        "/projects/{project}", NOTICE_BY_MAIL, false,
        FR_EN("Un projet a changé d'état",
              "Un projet dont vous êtes membre a été ouvert, gelé ou clos.",
              "A project changed state",
              "A project that you are a member of was opened, frozen or closed.")},
    [NOTICE_RIGHT_REVOKED] = {NOTICE_RIGHT_REVOKED, "right_revoked", "rights",
        "/projects/{project}/data", NOTICE_BY_MAIL, false,
        FR_EN("Une habilitation a pris fin",
              "Une signature dont dépendait votre habilitation a été retirée.",
              "An accreditation ended",
              "A signature that your accreditation rested on was withdrawn.")},
    [NOTICE_RIGHT_ENDS] = {NOTICE_RIGHT_ENDS, "right_ends", "rights", "/projects/{project}/data",
        NOTICE_BY_MAIL, false,
        FR_EN("Une habilitation prend bientôt fin",
              "L'une de vos habilitations prend fin dans moins de trente jours.",
              "An accreditation ends soon",
              "One of your accreditations ends within thirty days.")},
    [NOTICE_PROJECT_ENDS] = {NOTICE_PROJECT_ENDS, "project_ends", "rights", "/projects/{project}",
        NOTICE_BY_MAIL, false,
        FR_EN("Un projet prend bientôt fin",
              "Un projet que vous dirigez prend fin dans moins de trente jours ; tout s'y arrêtera.",
              "A project ends soon",
              "A project that you lead ends within thirty days; everything in it will stop.")},

    [NOTICE_SERVICE_STOPPED] = {NOTICE_SERVICE_STOPPED, "service_stopped", "services",
        "/services/{object}", NOTICE_BY_MAIL, false,
        FR_EN("Un service a été arrêté",
              "L'un de vos services a été arrêté ; la raison est sur sa page.",
              "A service was stopped",
              "One of your services was stopped; its page says why.")},
    [NOTICE_SERVICE_FAILED] = {NOTICE_SERVICE_FAILED, "service_failed", "services",
        "/services/{object}", NOTICE_BY_PAGE, false,
        FR_EN("Un service a échoué",
              "L'un de vos services n'a pas démarré ou s'est interrompu.",
              "A service failed",
              "One of your services did not start, or broke off.")},

    [NOTICE_SERVICE_ENDS] = {NOTICE_SERVICE_ENDS, "service_ends", "services",
        "/services/{object}", NOTICE_BY_MAIL, false,
        FR_EN("Un service s'arrête bientôt",
              "L'un de vos services s'arrête de lui-même dans moins de trente minutes ; sa page permet "
              "de le prolonger.",
              "A service stops soon",
              "One of your services stops by itself in less than thirty minutes; it can be prolonged on "
              "its page.")},

    [NOTICE_ACCOUNT_PASSWORD] = {NOTICE_ACCOUNT_PASSWORD, "account_password", "account",
        "/account", NOTICE_BY_MAIL, true,
        FR_EN("Votre mot de passe a été changé",
              "Le mot de passe de votre compte vient d'être changé et vos autres sessions ont pris fin. "
              "Si ce n'est pas vous, prévenez sans attendre l'administration de la plateforme.",
              "Your password was changed",
              "The password of your account has just been changed and your other sessions ended. If "
              "it was not you, tell the platform's officers at once.")},
    [NOTICE_ACCOUNT_FACTOR] = {NOTICE_ACCOUNT_FACTOR, "account_factor", "account", "/account",
        NOTICE_BY_MAIL, true,
        FR_EN("Votre second facteur a été changé",
              "Le second facteur de votre compte a été remplacé ou retiré. Si vous ne l'avez ni fait ni "
              "demandé, prévenez sans attendre l'administration de la plateforme.",
              "Your second factor was changed",
              "The second factor of your account was replaced or taken away. If you neither did nor "
              "asked this, tell the platform's officers at once.")},
    [NOTICE_ACCOUNT_ROLES] = {NOTICE_ACCOUNT_ROLES, "account_roles", "account", "/account",
        NOTICE_BY_MAIL, true,
        FR_EN("Vos rôles ont changé",
              "Vos rôles sur la plateforme, ou l'état de votre compte, ont été modifiés.",
              "Your roles changed",
              "Your roles on the platform, or the state of your account, were changed.")},
    [NOTICE_TOKEN_ENDS] = {NOTICE_TOKEN_ENDS, "token_ends", "account", "/account", NOTICE_BY_PAGE,
        false,
        FR_EN("Un jeton d'accès prend bientôt fin",
              "L'un de vos jetons d'accès prend fin dans moins de sept jours.",
              "An API token ends soon",
              "One of your API tokens ends within seven days.")},

    [NOTICE_MAIL_TEST] = {NOTICE_MAIL_TEST, "mail_test", "platform", "/officer", NOTICE_BY_MAIL, true,
        FR_EN("Essai d'envoi",
              "Ce message d'essai a été demandé depuis la page d'administration : l'envoi fonctionne.",
              "Trial message",
              "This trial message was asked for on the officers' page: sending works.")},
};

const NoticeKindRow *notice_kind(NoticeKind kind)
{
    g_assert(kind < NOTICE_KIND_COUNT && kinds[kind].name != NULL);
    return &kinds[kind];
}

const NoticeKindRow *notice_kind_find(const char *name)
{
    for (size_t i = 0; i < NOTICE_KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static const char *const channel_names[NOTICE_CHANNELS] = {
    [NOTICE_BY_PAGE] = "page", [NOTICE_BY_MAIL] = "mail", [NOTICE_BY_DIGEST] = "digest",
    [NOTICE_BY_NONE] = "none",
};

const char *notice_channel_name(NoticeChannel channel)
{
    g_assert(channel < NOTICE_CHANNELS);
    return channel_names[channel];
}

bool notice_channel_parse(const char *name, NoticeChannel *ret_channel)
{
    for (size_t i = 0; i < NOTICE_CHANNELS; i++) {
        if (strcmp(channel_names[i], name) == 0) {
            *ret_channel = (NoticeChannel)i;
            return true;
        }
    }
    return false;
}

NoticeLanguage notice_language(const char *code)
{
    return g_strcmp0(code, "fr") == 0 ? NOTICE_FR : NOTICE_EN;
}

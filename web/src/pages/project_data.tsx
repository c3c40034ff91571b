// SPDX-License-Identifier: Apache-2.0
// Each person's right to each dataset, term by term: met or not, why, and who must act.
import { useState } from "preact/hooks";
import { api, query } from "../api/client";
import { useList } from "../api/resource";
import type { Accreditation, Application, Project } from "../api/types";
import { t } from "../i18n";
import { formatDate } from "../i18n/format";
import { word } from "../i18n/words";
import { Badge, WordBadge } from "../parts/badge";
import { Command, option } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { Form, LongField, text, TextField, useTyped } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Loaded, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Term } from "../parts/term";
import { Terms } from "../parts/terms";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";
import type { SectionProps } from "./project";

function NeedToKnow(props: {
  project: Project;
  of: Accreditation;
  done: () => Promise<void>;
  close: () => void;
}) {
  const { of } = props;
  const [typed, follow] = useTyped();
  const path = `/projects/${props.project.id}/need-to-know`;
  const bodyOf = (values: FormData) => ({
    person: of.person.login,
    dataset: of.dataset.id,
    comment: text(values, "comment"),
    expires: text(values, "expires"),
  });
  const submit = async (values: FormData) => {
    await api.post(path, bodyOf(values));
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("data.need_to_know")} close={props.close}>
      <div class="stack" onInput={follow}>
        <Form submit={submit} action={t("data.confirm")} cancel={props.close}>
          <p>{t("data.need_to_know_text", { name: of.person.name, dataset: of.dataset.title })}</p>
          <LongField name="comment" label={t("data.why")} max={2000} />
          <TextField name="expires" type="date" label={t("members.until")} optional />
        </Form>
        <Command
          lines={[
            {
              cli: [
                "project", "need-to-know", props.project.slug, of.person.login, of.dataset.id,
                ...option("reason", text(typed, "comment") ?? "…"),
                ...option("until", text(typed, "expires")),
              ],
              call: {
                method: "POST",
                path,
                body: { ...bodyOf(typed), comment: text(typed, "comment") ?? "…" },
              },
            },
          ]}
        />
      </div>
    </Dialog>
  );
}

function Revoke(props: { fact: string; done: () => Promise<void>; close: () => void }) {
  const [typed, follow] = useTyped();
  const path = `/facts/${props.fact}/revoke`;
  const reason = text(typed, "reason") ?? "…";
  const submit = async (values: FormData) => {
    await api.post(path, { reason: text(values, "reason") });
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("data.revoke")} close={props.close}>
      <div class="stack" onInput={follow}>
        <Form submit={submit} action={t("data.revoke")} danger cancel={props.close}>
          <p>{t("data.revoke_text")}</p>
          <LongField name="reason" label={t("form.reason")} max={500} />
        </Form>
        <Command
          lines={[
            {
              cli: ["fact", "revoke", props.fact, ...option("reason", reason)],
              call: { method: "POST", path, body: { reason } },
            },
          ]}
        />
      </div>
    </Dialog>
  );
}

function Right(props: { project: Project; of: Accreditation; done: () => Promise<void> }) {
  const { project, of } = props;
  const me = useMe();
  const [confirming, setConfirming] = useState(false);
  const [revoking, setRevoking] = useState<string | null>(null);
  const lacksNeed = of.terms.some((term) => term.term === "need_to_know" && !term.met);
  const mayConfirm = project.my_roles.includes("lead") && lacksNeed;
  const mayRevoke = hasRole(me, "officer", "committee", "producer");
  return (
    <details class="right" open={of.person.id === me.id && !of.holds}>
      <summary>
        <span class="right-title">
          <span class="strong">{of.dataset.title}</span>
          <span class="soft">{of.person.name}</span>
        </span>
        <span class="row">
          <WordBadge list="level" value={of.dataset.level} />
          {of.holds ? (
            <Badge tone="good">{t("data.holds")}</Badge>
          ) : (
            <Badge tone="wait">{t("data.lacks")}</Badge>
          )}
        </span>
      </summary>
      <div class="stack">
        <Terms terms={of.terms} revoke={mayRevoke ? setRevoking : undefined} />
        {mayConfirm && (
          <div>
            <button type="button" class="button button-small" onClick={() => setConfirming(true)}>
              {t("data.need_to_know")}
            </button>
          </div>
        )}
      </div>
      {confirming && <NeedToKnow {...props} close={() => setConfirming(false)} />}
      {revoking && (
        <Revoke fact={revoking} done={props.done} close={() => setRevoking(null)} />
      )}
    </details>
  );
}

function mineFirst(me: string, rights: Accreditation[]): Accreditation[] {
  const rank = (right: Accreditation) => (right.person.id === me ? 0 : 1);
  return [...rights].sort((a, b) => rank(a) - rank(b));
}

export function ProjectData({ project }: SectionProps) {
  const me = useMe();
  const topics = [`project:${project.id}`];
  const rights = useList<Accreditation>(`/projects/${project.id}/accreditations`, topics);
  const applications = useList<Application>(
    `/applications${query({ project: project.id })}`,
    topics,
  );
  const mayApply =
    project.state === "open" &&
    (project.my_roles.includes("lead") || project.my_roles.includes("scientist"));
  return (
    <>
      <Panel
        title={t("data.rights")}
        beside={<Term name="accreditation">{t("term.what")}</Term>}
        actions={
          mayApply && (
            <a class="button button-primary button-small" href={`/projects/${project.id}/apply`}>
              <Icon name="plus" />
              {t("data.apply")}
            </a>
          )
        }
      >
        <Loaded of={rights}>
          {(items) =>
            items.length === 0 ? (
              <Empty icon="data">
                <p>{t("data.none")}</p>
              </Empty>
            ) : (
              <div class="rights">
                {mineFirst(me.id, items).map((right) => (
                  <Right
                    key={`${right.person.id} ${right.dataset.id}`}
                    project={project}
                    of={right}
                    done={rights.reload}
                  />
                ))}
              </div>
            )
          }
        </Loaded>
      </Panel>
      <Panel title={t("data.applications")}>
        <ListTable
          list={applications}
          caption={t("data.applications")}
          id={(application) => application.id}
          empty={<p class="soft">{t("data.no_application")}</p>}
          columns={[
            {
              title: t("application.datasets"),
              head: true,
              cell: (application) => (
                <a href={`/applications/${application.id}`}>
                  {application.datasets.map((dataset) => dataset.title).join(", ")}
                  <span class="unseen">
                    , {word("application_state", application.state)}, {formatDate(application.created)}
                  </span>
                </a>
              ),
            },
            {
              title: t("application.persons"),
              cell: (application) => application.persons.map((person) => person.name).join(", "),
            },
            {
              title: t("application.created"),
              cell: (application) => <Time at={application.created} as="date" />,
            },
            {
              title: t("projects.state"),
              cell: (application) => (
                <WordBadge list="application_state" value={application.state} />
              ),
            },
          ]}
        />
      </Panel>
      <Command
        lines={[
          {
            cli: ["project", "data", project.slug],
            call: { method: "GET", path: `/projects/${project.id}/accreditations` },
          },
          {
            text: t("data.applications"),
            cli: ["application", "list"],
            call: { method: "GET", path: `/applications${query({ project: project.id })}` },
          },
        ]}
      />
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList } from "../api/resource";
import type { Member } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { ChoicesField, Form, text, TextField, texts } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";
import type { SectionProps } from "./project";

/** Adds a member, or changes the roles and dates of ONE. */
function MemberDialog(props: {
  base: string;
  project: string;
  one?: Member;
  done: () => Promise<void>;
  close: () => void;
}) {
  const { one } = props;
  const [login, setLogin] = useState(one?.login ?? "");
  const submit = async (values: FormData) => {
    await api.post(props.base, {
      login: one?.login ?? text(values, "login"),
      roles: texts(values, "roles"),
      starts: text(values, "starts"),
      ends: text(values, "ends"),
    });
    await props.done();
    props.close();
  };
  return (
    <Dialog
      title={one ? t("members.change_one", { name: one.name }) : t("members.add")}
      close={props.close}
    >
      <Form
        submit={submit}
        action={one ? t("action.save") : t("action.add")}
        cancel={props.close}
        about={{ "identity.no_person": "login", "projects.member_exists": "login" }}
      >
        {!one && (
          <TextField
            name="login"
            label={t("sign_in.login")}
            hint={t("form.login_hint")}
            onInput={setLogin}
            max={40}
          />
        )}
        <ChoicesField
          name="roles"
          label={t("members.roles")}
          wide
          values={one?.roles ?? ["scientist"]}
          choices={WORDS.project_role.map((value) => ({
            value,
            text: word("project_role", value),
            hint: t(`project_role.${value}`),
          }))}
        />
        <div class="fields-row">
          <TextField
            name="starts"
            type="date"
            label={t("members.from")}
            value={one?.starts?.slice(0, 10)}
            optional
          />
          <TextField
            name="ends"
            type="date"
            label={t("members.until")}
            value={one?.ends?.slice(0, 10)}
            optional
          />
        </div>
      </Form>
      <Command
        lines={[
          {
            cli: [
              "project", "member", "add", props.project, login === "" ? "LOGIN" : login,
              "--role", one?.roles[0] ?? "scientist",
            ],
            call: {
              method: "POST",
              path: props.base,
              body: { login: login === "" ? "LOGIN" : login, roles: one?.roles ?? ["scientist"] },
            },
          },
        ]}
      />
    </Dialog>
  );
}

function RemoveMember(props: {
  base: string;
  project: string;
  member: Member;
  done: () => Promise<void>;
  close: () => void;
}) {
  const submit = async () => {
    await api.delete(`${props.base}/${props.member.person}`);
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("members.remove_title", { name: props.member.name })} close={props.close}>
      <Form submit={submit} action={t("action.remove")} danger cancel={props.close}>
        <p>{t("members.remove_text")}</p>
      </Form>
      <Command
        lines={[
          {
            cli: ["project", "member", "remove", props.project, props.member.login],
            call: { method: "DELETE", path: `${props.base}/${props.member.person}` },
          },
        ]}
      />
    </Dialog>
  );
}

const SOON_DAYS = 30;

/** The last day, and that it is near or gone. */
function MemberEnd({ member }: { member: Member }) {
  const left = (new Date(member.ends).getTime() - Date.now()) / (24 * 3_600_000);
  return (
    <span class="row">
      <Time at={member.ends} as="date" />
      {left < 0 ? (
        <Badge tone="bad">{t("members.over")}</Badge>
      ) : (
        left < SOON_DAYS && <Badge tone="wait">{t("members.soon")}</Badge>
      )}
    </span>
  );
}

export function ProjectMembers({ project }: SectionProps) {
  const me = useMe();
  const base = `/projects/${project.id}/members`;
  const members = useList<Member>(base, [`project:${project.id}`]);
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Member | null>(null);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const mayManage = hasRole(me, "officer") || project.my_roles.includes("lead");
  return (
    <div class="stack">
    <Panel
      title={t("project.members")}
      actions={
        mayManage && (
          <button type="button" class="button button-small" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {t("members.add")}
          </button>
        )
      }
    >
      <ListTable
        list={members}
        caption={t("project.members")}
        id={(member) => member.person}
        empty={
          <Empty icon="people">
            <p>{t("members.none")}</p>
          </Empty>
        }
        columns={[
          {
            title: t("person.name"),
            head: true,
            name: "name",
            sort: (member) => member.name,
            cell: (member) => member.name,
          },
          { title: t("sign_in.login"), cell: (member) => <code>{member.login}</code> },
          {
            title: t("members.roles"),
            cell: (member) => formatList(member.roles.map((role) => word("project_role", role))),
          },
          {
            title: t("members.from"),
            name: "from",
            sort: (member) => member.starts,
            cell: (member) => <Time at={member.starts} as="date" />,
          },
          {
            title: t("members.until"),
            name: "until",
            sort: (member) => member.ends,
            cell: (member) => <MemberEnd member={member} />,
          },
          ...(mayManage
            ? [
                {
                  title: t("table.actions"),
                  cell: (member: Member) => (
                    <span class="row">
                      <button
                        type="button"
                        class="button button-small"
                        aria-label={t("members.change_one", { name: member.name })}
                        onClick={() => setChanging(member)}
                      >
                        {t("action.edit")}
                      </button>
                      <button
                        type="button"
                        class="button button-small"
                        aria-label={t("members.remove_title", { name: member.name })}
                        onClick={() => setLeaving(member)}
                      >
                        {t("action.remove")}
                      </button>
                    </span>
                  ),
                },
              ]
            : []),
        ]}
      />
      {adding && (
        <MemberDialog
          base={base}
          project={project.slug}
          done={members.reload}
          close={() => setAdding(false)}
        />
      )}
      {changing && (
        <MemberDialog
          base={base}
          project={project.slug}
          one={changing}
          done={members.reload}
          close={() => setChanging(null)}
        />
      )}
      {leaving && (
        <RemoveMember
          base={base}
          project={project.slug}
          member={leaving}
          done={members.reload}
          close={() => setLeaving(null)}
        />
      )}
    </Panel>
      <Command
        lines={[
          {
            cli: ["project", "member", "list", project.slug],
            call: { method: "GET", path: base },
          },
        ]}
      />
    </div>
  );
}

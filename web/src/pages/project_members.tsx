// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList } from "../api/resource";
import type { Member } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { Dialog } from "../parts/dialog";
import { ChoicesField, Form, text, TextField, texts } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";
import type { SectionProps } from "./project";

function AddMember(props: { base: string; done: () => Promise<void>; close: () => void }) {
  const submit = async (values: FormData) => {
    await api.post(props.base, {
      login: text(values, "login"),
      roles: texts(values, "roles"),
      ends: text(values, "ends"),
    });
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("members.add")} close={props.close}>
      <Form
        submit={submit}
        action={t("action.add")}
        cancel={props.close}
        about={{ "identity.no_person": "login", "projects.member_exists": "login" }}
      >
        <TextField name="login" label={t("sign_in.login")} hint={t("form.login_hint")} max={40} />
        <ChoicesField
          name="roles"
          label={t("members.roles")}
          wide
          values={["scientist"]}
          choices={WORDS.project_role.map((value) => ({
            value,
            text: word("project_role", value),
            hint: t(`project_role.${value}`),
          }))}
        />
        <TextField name="ends" type="date" label={t("members.until")} optional />
      </Form>
    </Dialog>
  );
}

function RemoveMember(props: {
  base: string;
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
    </Dialog>
  );
}

export function ProjectMembers({ project }: SectionProps) {
  const me = useMe();
  const base = `/projects/${project.id}/members`;
  const members = useList<Member>(base, [`project:${project.id}`]);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const mayManage = hasRole(me, "officer") || project.my_roles.includes("lead");
  return (
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
          { title: t("person.name"), head: true, cell: (member) => member.name },
          { title: t("sign_in.login"), cell: (member) => <code>{member.login}</code> },
          {
            title: t("members.roles"),
            cell: (member) => formatList(member.roles.map((role) => word("project_role", role))),
          },
          { title: t("members.until"), cell: (member) => <Time at={member.ends} as="date" /> },
          ...(mayManage
            ? [
                {
                  title: t("table.actions"),
                  cell: (member: Member) => (
                    <button
                      type="button"
                      class="button button-small"
                      aria-label={t("members.remove_title", { name: member.name })}
                      onClick={() => setLeaving(member)}
                    >
                      {t("action.remove")}
                    </button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {adding && (
        <AddMember base={base} done={members.reload} close={() => setAdding(false)} />
      )}
      {leaving && (
        <RemoveMember
          base={base}
          member={leaving}
          done={members.reload}
          close={() => setLeaving(null)}
        />
      )}
    </Panel>
  );
}

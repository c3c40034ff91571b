// SPDX-License-Identifier: Apache-2.0
// Persons and organisations, for an officer.
import { useState } from "preact/hooks";
import { api, LIMIT, query } from "../api/client";
import { useList } from "../api/resource";
import type { Organisation, Person } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { ChoicesField, Form, SelectField, text, TextField, texts } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Loaded, Page, Panel } from "../parts/page";
import { SearchBox } from "../parts/search";
import { ListTable } from "../parts/table";
import { hasRole, useMe } from "../session";

interface Done {
  done: () => Promise<void>;
  close: () => void;
}

const roleChoices = () => WORDS.role.map((value) => ({ value, text: word("role", value) }));

function AddPerson(props: Done) {
  const organisations = useList<Organisation>(`/organisations?limit=${LIMIT}`);
  const submit = async (values: FormData) => {
    await api.post("/persons", {
      login: text(values, "login"),
      name: text(values, "name"),
      email: text(values, "email"),
      organisation: text(values, "organisation"),
      roles: texts(values, "roles"),
      language: text(values, "language"),
      password: String(values.get("password") ?? ""),
    });
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("persons.add")} close={props.close}>
      <Loaded of={organisations}>
        {(items) => (
          <Form
            submit={submit}
            action={t("action.add")}
            cancel={props.close}
            about={{
              "identity.login_taken": "login",
              "identity.login": "login",
              "identity.password": "password",
              "identity.email": "email",
            }}
          >
            <TextField name="name" label={t("person.name")} />
            <TextField name="login" label={t("sign_in.login")} hint={t("persons.login_hint")} max={40} />
            <TextField name="email" type="email" label={t("person.email")} max={254} />
            <SelectField
              name="organisation"
              label={t("projects.organisation")}
              empty={t("form.choose")}
              choices={items.map((item) => ({ value: item.id, text: item.name }))}
            />
            <ChoicesField
              name="roles"
              label={t("person.roles")}
              optional
              wide
              choices={roleChoices()}
            />
            <SelectField
              name="language"
              label={t("shell.language")}
              choices={WORDS.language.map((value) => ({ value, text: word("language", value) }))}
            />
            <TextField
              name="password"
              type="password"
              label={t("persons.first_password")}
              hint={t("account.password_hint")}
              autocomplete="new-password"
              max={1024}
            />
          </Form>
        )}
      </Loaded>
    </Dialog>
  );
}

function EditPerson(props: Done & { person: Person }) {
  const { person } = props;
  const submit = async (values: FormData) => {
    await api.patch(`/persons/${person.id}`, {
      name: text(values, "name"),
      email: text(values, "email"),
      roles: texts(values, "roles"),
      disabled: values.has("disabled"),
    });
    if (values.has("reset")) await api.post(`/persons/${person.id}/reset-second-factor`);
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("persons.edit", { name: person.name })} close={props.close}>
      <Form submit={submit} action={t("action.save")} cancel={props.close}>
        <TextField name="name" label={t("person.name")} value={person.name} />
        <TextField
          name="email"
          type="email"
          label={t("person.email")}
          value={person.email ?? undefined}
          max={254}
        />
        <ChoicesField
          name="roles"
          label={t("person.roles")}
          optional
          wide
          values={person.roles}
          choices={roleChoices()}
        />
        <ChoicesField
          name="disabled"
          label={t("persons.access")}
          optional
          wide
          values={person.disabled ? ["yes"] : []}
          choices={[{ value: "yes", text: t("persons.disable") }]}
        />
        {person.has_second_factor && (
          <ChoicesField
            name="reset"
            label={t("account.second_factor")}
            optional
            wide
            choices={[{ value: "yes", text: t("persons.reset") }]}
          />
        )}
      </Form>
    </Dialog>
  );
}

export function Persons() {
  const me = useMe();
  const [search, setSearch] = useState("");
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<Person | null>(null);
  const list = useList<Person>(`/persons${query({ q: search })}`);
  const officer = hasRole(me, "officer");
  const Frame = officer ? OfficerPage : Page;
  return (
    <Frame
      here="/persons"
      title={t("nav.persons")}
      actions={
        officer && (
          <button type="button" class="button button-primary" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {t("persons.add")}
          </button>
        )
      }
    >
      <Panel>
          <div class="stack">
            <SearchBox label={t("persons.search")} onSearch={setSearch} />
            <ListTable
              list={list}
              caption={t("nav.persons")}
              id={(person) => person.id}
              empty={
                <Empty icon="people">
                  <p>{t("persons.none")}</p>
                </Empty>
              }
              columns={[
                { title: t("person.name"), head: true, cell: (person) => person.name },
                { title: t("sign_in.login"), cell: (person) => <code>{person.login}</code> },
                {
                  title: t("projects.organisation"),
                  cell: (person) => person.organisation.name,
                },
                {
                  title: t("person.roles"),
                  cell: (person) =>
                    person.roles.length === 0
                      ? "–"
                      : formatList(person.roles.map((role) => word("role", role))),
                },
                {
                  title: t("account.second_factor"),
                  cell: (person) =>
                    person.has_second_factor ? (
                      <Badge tone="good">{t("answer.yes")}</Badge>
                    ) : (
                      <Badge tone="wait">{t("answer.no")}</Badge>
                    ),
                },
                {
                  title: t("table.actions"),
                  cell: (person) => (
                    <span class="row">
                      {person.disabled && <Badge tone="bad">{t("persons.disabled")}</Badge>}
                      {officer && (
                        <button
                          type="button"
                          class="button button-small"
                          aria-label={t("persons.edit", { name: person.name })}
                          onClick={() => setEditing(person)}
                        >
                          {t("action.edit")}
                        </button>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          </div>
        </Panel>
      {adding && <AddPerson done={list.reload} close={() => setAdding(false)} />}
      {editing && (
        <EditPerson person={editing} done={list.reload} close={() => setEditing(null)} />
      )}
    </Frame>
  );
}

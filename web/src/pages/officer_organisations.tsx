// SPDX-License-Identifier: Apache-2.0
// Organisations: adding one, changing its name or kind.
import { useState } from "preact/hooks";
import { api, LIMIT } from "../api/client";
import { useList } from "../api/resource";
import type { Organisation } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { formatNumber } from "../i18n/format";
import { word } from "../i18n/words";
import { Command } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { Filters, holdsWords } from "../parts/filters";
import { Form, SelectField, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Panel } from "../parts/page";
import { ListTable, RowButton } from "../parts/table";
import { useAddress } from "../router";

const kinds = () =>
  WORDS.organisation_kind.map((value) => ({ value, text: word("organisation_kind", value) }));

function OrganisationDialog(props: {
  organisation: Organisation | null;
  done: () => Promise<void>;
  close: () => void;
}) {
  const { organisation } = props;
  const submit = async (values: FormData) => {
    const body = { name: text(values, "name"), kind: text(values, "kind") };
    if (organisation) await api.patch(`/organisations/${organisation.id}`, body);
    else await api.post("/organisations", body);
    await props.done();
    props.close();
  };
  return (
    <Dialog
      title={
        organisation
          ? t("organisations.edit", { name: organisation.name })
          : t("organisations.add")
      }
      close={props.close}
    >
      <Form
        submit={submit}
        action={organisation ? t("action.save") : t("action.add")}
        cancel={props.close}
        about={{ "identity.organisation_taken": "name" }}
      >
        <TextField name="name" label={t("person.name")} value={organisation?.name} />
        <SelectField
          name="kind"
          label={t("organisations.kind")}
          value={organisation?.kind}
          choices={kinds()}
        />
      </Form>
    </Dialog>
  );
}

export function OfficerOrganisations() {
  const list = useList<Organisation>(`/organisations?limit=${LIMIT}`);
  const [editing, setEditing] = useState<Organisation | "new" | null>(null);
  const [words] = useAddress("q");
  const [kind] = useAddress("kind");
  const only = (item: Organisation) =>
    (kind === "" || item.kind === kind) && holdsWords(words, item.name);
  return (
    <OfficerPage
      here="/officer/organisations"
      title={t("organisations.title")}
      actions={
        <button type="button" class="button button-primary" onClick={() => setEditing("new")}>
          <Icon name="plus" />
          {t("organisations.add")}
        </button>
      }
    >
      <Panel title={t("organisations.title")}>
        <div class="stack">
          <Filters
            search={{ label: t("organisations.search") }}
            selects={[{ name: "kind", label: t("organisations.kind"), choices: kinds() }]}
          />
          <ListTable
            list={list}
            only={only}
            caption={t("organisations.title")}
            id={(item) => item.id}
            sorted="name"
            empty={
              <Empty icon="building">
                <p>{t("organisations.none")}</p>
              </Empty>
            }
            columns={[
              {
                title: t("person.name"),
                head: true,
                name: "name",
                sort: (item) => item.name,
                cell: (item) => item.name,
              },
              {
                title: t("organisations.kind"),
                name: "kind",
                sort: (item) => word("organisation_kind", item.kind),
                cell: (item) => word("organisation_kind", item.kind),
              },
              {
                title: t("nav.persons"),
                number: true,
                name: "persons",
                sort: (item) => item.persons,
                cell: (item) => formatNumber(item.persons ?? 0),
              },
              {
                title: t("table.actions"),
                cell: (item) => (
                  <RowButton label={t("organisations.edit", { name: item.name })} act={() => setEditing(item)}>
                    {t("action.edit")}
                  </RowButton>
                ),
              },
            ]}
          />
        </div>
      </Panel>
      <Command
        lines={[
          {
            cli: ["admin", "organisation", "list"],
            call: { method: "GET", path: "/organisations" },
          },
        ]}
      />
      {editing && (
        <OrganisationDialog
          organisation={editing === "new" ? null : editing}
          done={list.reload}
          close={() => setEditing(null)}
        />
      )}
    </OfficerPage>
  );
}

// SPDX-License-Identifier: Apache-2.0
// What the project is, what its tier means, its bucket; for an officer, its state.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList, useResource } from "../api/resource";
import type {
  Accreditation,
  Bucket,
  ExportBrief,
  LakeKey,
  LakeKeySecret,
  Member,
  Project,
  Service,
  TierRules,
} from "../api/types";
import { t, tn } from "../i18n";
import { formatBytes, formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { Command, type CommandLine } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { Form, LongField, SelectField, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Facts, Loaded, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";
import type { SectionProps } from "./project";

const ENDS_SOON_DAYS = 60;

function Tier({ project, rules }: { project: Project; rules: TierRules }) {
  return (
    <Panel title={t("project.tier_title", { tier: word("tier", project.tier) })}>
      <div class="stack">
        <p>{t(`tier.${project.tier}`)}</p>
        <Facts
          items={[
            [
              t("tier.levels"),
              formatList(rules.levels.map((level) => word("level", level))),
            ],
            [
              t("tier.checkers"),
              rules.checkers === 0 ? t("tier.no_checker") : tn("tier.checker_count", rules.checkers),
            ],
            [t("tier.upload"), rules.lake_put_outside ? t("answer.yes") : t("answer.no")],
            [t("tier.download"), rules.lake_get_outside ? t("answer.yes") : t("answer.no")],
            [t("tier.second_factor"), rules.second_factor ? t("answer.yes") : t("answer.no")],
            [
              t("tier.encrypted"),
              project.encrypted ? t("answer.yes") : t("answer.no"),
            ],
          ]}
        />
      </div>
    </Panel>
  );
}

const NEXT_STATES: Record<Project["state"], Project["state"][]> = {
  planned: ["open", "closed"],
  open: ["frozen", "closed"],
  frozen: ["open", "closed"],
  closed: [],
};

function ChangeState(props: SectionProps & { close: () => void }) {
  const { project } = props;
  const submit = async (values: FormData) => {
    await api.post(`/projects/${project.id}/state`, {
      state: text(values, "state"),
      reason: text(values, "reason"),
    });
    await props.reload();
    props.close();
  };
  return (
    <Dialog title={t("project.change_state")} close={props.close}>
      <Form submit={submit} action={t("project.change_state")} cancel={props.close}>
        <SelectField
          name="state"
          label={t("project.new_state")}
          hint={t("project.state_hint")}
          choices={NEXT_STATES[project.state].map((value) => ({
            value,
            text: word("state", value),
          }))}
        />
        <LongField name="reason" label={t("form.reason")} max={500} />
      </Form>
    </Dialog>
  );
}

function EditProject(props: SectionProps & { close: () => void }) {
  const { project } = props;
  const submit = async (values: FormData) => {
    await api.patch(`/projects/${project.id}`, {
      title: text(values, "title"),
      summary: text(values, "summary"),
      ends: text(values, "ends"),
    });
    await props.reload();
    props.close();
  };
  return (
    <Dialog title={t("project.edit")} close={props.close}>
      <Form submit={submit} action={t("action.save")} cancel={props.close}>
        <TextField name="title" label={t("projects.title")} value={project.title} />
        <LongField name="summary" label={t("projects.summary")} value={project.summary} max={2000} />
        <TextField
          name="ends"
          type="date"
          label={t("projects.ends")}
          value={project.ends.slice(0, 10)}
        />
      </Form>
    </Dialog>
  );
}

function About(props: SectionProps) {
  const { project } = props;
  const me = useMe();
  const [open, setOpen] = useState<"state" | "edit" | null>(null);
  const officer = hasRole(me, "officer");
  const mayEdit = officer || project.my_roles.includes("lead");
  const close = () => setOpen(null);
  return (
    <Panel
      title={t("project.about")}
      actions={
        <>
          {mayEdit && (
            <button type="button" class="button button-small" onClick={() => setOpen("edit")}>
              {t("action.edit")}
            </button>
          )}
          {officer && NEXT_STATES[project.state].length > 0 && (
            <button type="button" class="button button-small" onClick={() => setOpen("state")}>
              {t("project.change_state")}
            </button>
          )}
        </>
      }
    >
      <div class="stack">
        <p class="prose">{project.summary}</p>
        <Facts
          items={[
            [t("projects.purpose"), word("purpose", project.purpose)],
            [t("projects.legal_basis"), project.legal_basis],
            [t("projects.starts"), <Time at={project.starts} as="date" />],
            [t("projects.ends"), <Time at={project.ends} as="date" />],
            [
              t("project.my_roles"),
              formatList(project.my_roles.map((role) => word("project_role", role))),
            ],
            [t("projects.slug"), <code>{project.slug}</code>],
          ]}
        />
      </div>
      {open === "state" && <ChangeState {...props} close={close} />}
      {open === "edit" && <EditProject {...props} close={close} />}
    </Panel>
  );
}

function NewKey({ given }: { given: LakeKeySecret }) {
  return (
    <Notice tone="good" live>
      <div class="stack-tight">
        <p class="strong">{t("lake.key_once")}</p>
        <Facts
          items={[
            [t("lake.access_key"), <span class="secret">{given.access_key}</span>],
            [t("lake.secret_key"), <span class="secret">{given.secret_key}</span>],
          ]}
        />
      </div>
    </Notice>
  );
}

function keyCommands(project: Project, first: LakeKey | undefined): CommandLine[] {
  const path = `/projects/${project.id}/lake-keys`;
  return [
    {
      text: t("lake.make_key"),
      cli: ["bucket", "key", "create", project.slug],
      call: { method: "POST", path },
    },
    ...(first
      ? [
          {
            text: t("lake.remove_key", { key: first.access_key }),
            cli: ["bucket", "key", "revoke", project.slug, first.access_key],
            call: { method: "DELETE" as const, path: `${path}/${first.access_key}` },
          },
        ]
      : []),
  ];
}

function BucketKeys({ project }: { project: Project }) {
  const keys = useList<LakeKey>(`/projects/${project.id}/lake-keys`);
  const [given, setGiven] = useState<LakeKeySecret | undefined>();
  const make = async () => {
    setGiven(await api.post<LakeKeySecret>(`/projects/${project.id}/lake-keys`));
    await keys.reload();
  };
  const remove = async (key: LakeKey) => {
    await api.delete(`/projects/${project.id}/lake-keys/${key.access_key}`);
    if (given?.access_key === key.access_key) setGiven(undefined);
    await keys.reload();
  };
  return (
    <div class="stack">
      <h3>{t("lake.keys")}</h3>
      {given && <NewKey given={given} />}
      <Loaded of={keys}>
        {(items) => (
          <ul class="links">
            {items.map((key) => (
              <li key={key.access_key}>
                <Icon name="key" />
                <div>
                  <code class="break">{key.access_key}</code>
                  <p class="note">
                    {t("account.expires")} <Time at={key.expires} as="date" />
                  </p>
                </div>
                <div class="links-end">
                  <ActionButton
                    small
                    act={() => remove(key)}
                    label={t("lake.remove_key", { key: key.access_key })}
                  >
                    {t("action.remove")}
                  </ActionButton>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <div>
        <ActionButton small icon="key" act={make}>
          {t("lake.make_key")}
        </ActionButton>
      </div>
      <Command lines={keyCommands(project, keys.data?.[0])} />
    </div>
  );
}

function Lake({ project, mayKey }: { project: Project; mayKey: boolean }) {
  const bucket = useResource<Bucket>(`/projects/${project.id}/bucket`, [`project:${project.id}`]);
  return (
    <Panel title={t("lake.title")}>
      <Loaded of={bucket}>
        {(data) => (
          <div class="stack">
            <div class="stack-tight">
              <progress
                max={data.quota_bytes}
                value={data.bytes}
                aria-label={t("lake.usage")}
              />
              <p class="note">
                {t("lake.used", {
                  bytes: formatBytes(data.bytes),
                  quota: formatBytes(data.quota_bytes),
                })}{" "}
                · {tn("count.objects", data.objects)}
              </p>
            </div>
            <Facts
              items={[
                [t("lake.bucket"), <code>{data.bucket}</code>],
                [t("lake.endpoint"), <code class="break">{data.endpoint}</code>],
              ]}
            />
            {mayKey && <BucketKeys project={project} />}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

/** How much there is of each thing, each a way to its section. */
function Glance({ project }: SectionProps) {
  const me = useMe();
  const topics = [`project:${project.id}`];
  const base = `/projects/${project.id}`;
  const works = project.my_roles.length > 0;
  const members = useList<Member>(`${base}/members`, topics);
  const rights = useList<Accreditation>(works ? `${base}/accreditations` : null, topics);
  const services = useList<Service>(`${base}/services`, topics);
  const exports_ = useList<ExportBrief>(`${base}/exports`, topics);
  const mine = rights.data?.filter((right) => right.person.id === me.id) ?? [];
  const held = mine.filter((right) => right.holds).length;
  const running = services.data?.filter((one) => !["stopped", "failed"].includes(one.state));
  const waiting = exports_.data?.filter((one) => one.state === "submitted");
  const days = Math.ceil((new Date(project.ends).getTime() - Date.now()) / (24 * 3_600_000));
  const rows: [string, string, string, boolean][] = [
    [`${base}/members`, t("project.members"), tn("glance.members", members.data?.length ?? 0), members.data !== undefined],
    [`${base}/data`, t("project.data"), t("glance.data", { held, all: mine.length }), rights.data !== undefined],
    [`${base}/services`, t("project.services"), tn("glance.services", running?.length ?? 0), running !== undefined],
    [`${base}/exports`, t("project.exports"), tn("glance.exports", waiting?.length ?? 0), waiting !== undefined],
  ];
  return (
    <>
      {project.state === "open" && days <= ENDS_SOON_DAYS && (
        <Notice tone="wait">
          <p>{tn("glance.ends", Math.max(days, 0))}</p>
        </Notice>
      )}
      <nav aria-label={t("glance.title")}>
        <ul class="glance" role="list">
          {rows
            .filter(([, , , known]) => known)
            .map(([to, name, figure]) => (
              <li key={to}>
                <a href={to}>
                  <span class="note">{name}</span>
                  <span class="figure">{figure}</span>
                </a>
              </li>
            ))}
        </ul>
      </nav>
    </>
  );
}

function overviewCommands(project: Project, edits: boolean, officer: boolean): CommandLine[] {
  const path = `/projects/${project.id}`;
  return [
    { cli: ["project", "show", project.slug], call: { method: "GET", path } },
    ...(edits
      ? [
          {
            text: t("project.edit"),
            cli: ["project", "edit", project.slug, "--title", project.title],
            call: { method: "PATCH" as const, path, body: { title: project.title } },
          },
        ]
      : []),
    ...(officer && project.state === "open"
      ? [
          {
            text: t("project.change_state"),
            cli: ["admin", "project", "freeze", project.slug, "--reason", t("form.reason")],
            call: {
              method: "POST" as const,
              path: `${path}/state`,
              body: { state: "frozen", reason: t("form.reason") },
            },
          },
        ]
      : []),
    {
      text: t("lake.title"),
      cli: ["bucket", "show", project.slug],
      call: { method: "GET", path: `${path}/bucket` },
    },
  ];
}

export function ProjectOverview(props: SectionProps) {
  const { project } = props;
  const me = useMe();
  const rules = project.tier_rules;
  const officer = hasRole(me, "officer");
  const lead = project.my_roles.includes("lead");
  const works = lead || project.my_roles.includes("scientist");
  const mayKey = works && Boolean(rules?.lake_put_outside || rules?.lake_get_outside);
  return (
    <>
      <Glance {...props} />
      <div class="columns">
        <div class="stack">
          <About {...props} />
          {works && <Lake project={project} mayKey={mayKey} />}
          <Command lines={overviewCommands(project, officer || lead, officer)} />
        </div>
        {rules && <Tier project={project} rules={rules} />}
      </div>
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
// One's own account: profile, password, second factor, sessions, tokens.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { SecondFactorState, SessionRow, Token, TokenRow } from "../api/types";
import { WORDS } from "../api/words";
import { t, tn, type Key } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { Badge } from "../parts/badge";
import { Command, option, type CommandLine } from "../parts/command";
import { dateAfter } from "../parts/dates";
import { ChoicesField, CodeField, Form, text, TextField, texts, useTyped } from "../parts/form";
import { Notice } from "../parts/notice";
import { Facts, Page, Panel, Sections } from "../parts/page";
import { QrCode } from "../parts/qr";
import { DensitySelect, LanguageSelect, ThemeSelect } from "../parts/shell";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { renewSession, useMe } from "../session";
import { AccountNotices } from "./account_notices";

const DAY_MS = 24 * 3_600_000;
const TOKEN_DAYS = 30;

function Profile() {
  const me = useMe();
  const [saved, setSaved] = useState(false);
  const submit = async (values: FormData) => {
    setSaved(false);
    await api.patch("/me", { name: text(values, "name"), email: text(values, "email") });
    await renewSession();
    setSaved(true);
  };
  return (
    <Panel title={t("account.profile")}>
      <div class="stack">
        <Facts
          items={[
            [t("sign_in.login"), <code>{me.login}</code>],
            [t("projects.organisation"), me.organisation.name],
            [
              t("person.roles"),
              me.roles.length > 0 && formatList(me.roles.map((role) => word("role", role))),
            ],
          ]}
        />
        <Form submit={submit} action={t("action.save")} about={{ "identity.email": "email" }}>
          <TextField name="name" label={t("person.name")} value={me.name} autocomplete="name" />
          <TextField
            name="email"
            type="email"
            label={t("person.email")}
            value={me.email ?? undefined}
            autocomplete="email"
            max={254}
          />
        </Form>
        {saved && (
          <Notice tone="good" live>
            {t("state.saved")}
          </Notice>
        )}
      </div>
    </Panel>
  );
}

function Password() {
  const me = useMe();
  const [saved, setSaved] = useState(0);
  const submit = async (values: FormData) => {
    await api.post("/me/password", {
      current: String(values.get("current") ?? ""),
      new: String(values.get("new") ?? ""),
      code: text(values, "code"),
    });
    setSaved(saved + 1);
  };
  return (
    <Panel title={t("account.password")}>
      <div class="stack">
        <Form
          key={saved}
          submit={submit}
          action={t("account.change_password")}
          about={{
            "identity.refused": "current",
            "identity.password": "new",
            "identity.password_short": "new",
            "identity.code_refused": "code",
          }}
        >
          <input type="text" name="login" value={me.login} autocomplete="username" hidden readOnly />
          <TextField
            name="current"
            type="password"
            label={t("account.current_password")}
            autocomplete="current-password"
            max={1024}
          />
          <TextField
            name="new"
            type="password"
            label={t("account.new_password")}
            hint={t("account.password_hint")}
            autocomplete="new-password"
            max={1024}
          />
          {me.has_second_factor && <CodeField />}
        </Form>
        {saved > 0 && (
          <Notice tone="good" live>
            {t("account.password_changed")}
          </Notice>
        )}
      </div>
    </Panel>
  );
}

interface FactorSecret {
  secret: string;
  uri: string;
}

function FactorBegin(props: { next: (secret: FactorSecret) => void }) {
  const me = useMe();
  const submit = async (values: FormData) =>
    props.next(
      await api.post<FactorSecret>("/me/second-factor", {
        password: String(values.get("password") ?? ""),
        code: text(values, "code"),
      }),
    );
  return (
    <Form
      submit={submit}
      action={me.has_second_factor ? t("factor.replace") : t("factor.begin")}
      about={{ "identity.refused": "password", "identity.code_refused": "code" }}
    >
      <TextField
        name="password"
        type="password"
        label={t("account.current_password")}
        autocomplete="current-password"
        max={1024}
      />
      {me.has_second_factor && <CodeField label={t("factor.old_code")} />}
    </Form>
  );
}

function FactorConfirm(props: { given: FactorSecret; next: (codes: string[]) => void }) {
  const submit = async (values: FormData) => {
    const answer = await api.post<{ recovery_codes: string[] }>("/me/second-factor/confirm", {
      code: text(values, "code"),
    });
    props.next(answer.recovery_codes);
  };
  return (
    <div class="stack">
      <ol>
        <li>{t("factor.step_scan")}</li>
        <li>{t("factor.step_code")}</li>
      </ol>
      <QrCode text={props.given.uri} label={t("factor.qr")} />
      <div>
        <p class="note">{t("factor.by_hand")}</p>
        <p class="secret">{props.given.secret}</p>
      </div>
      <Form
        submit={submit}
        action={t("factor.confirm")}
        about={{ "identity.refused": "code", "identity.code_refused": "code" }}
      >
        <CodeField />
      </Form>
    </div>
  );
}

function SecondFactor() {
  const me = useMe();
  const [given, setGiven] = useState<FactorSecret | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const finish = async () => {
    setCodes(null);
    await renewSession();
  };
  return (
    <Panel
      title={t("account.second_factor")}
      id="second-factor"
      beside={
        me.has_second_factor ? (
          <Badge tone="good">{t("factor.on")}</Badge>
        ) : (
          <Badge tone="wait">{t("factor.off")}</Badge>
        )
      }
    >
      <div class="stack">
        <p class="soft">{t("factor.why")}</p>
        {codes ? (
          <Notice tone="good" live>
            <div class="stack">
              <p class="strong">{t("factor.recovery")}</p>
              <p>{t("factor.recovery_text")}</p>
              <ul class="codes">
                {codes.map((code) => (
                  <li key={code}>{code}</li>
                ))}
              </ul>
              <div>
                <button type="button" class="button" onClick={() => void finish()}>
                  {t("factor.kept")}
                </button>
              </div>
            </div>
          </Notice>
        ) : given ? (
          <FactorConfirm
            given={given}
            next={(next) => {
              setGiven(null);
              setCodes(next);
            }}
          />
        ) : (
          <FactorBegin next={setGiven} />
        )}
      </div>
    </Panel>
  );
}

function RecoveryCodes() {
  const state = useResource<SecondFactorState>("/me/second-factor");
  const [codes, setCodes] = useState<string[] | null>(null);
  const submit = async (values: FormData) => {
    const answer = await api.post<{ recovery_codes: string[] }>("/me/recovery-codes", {
      password: String(values.get("password") ?? ""),
      code: text(values, "code"),
    });
    setCodes(answer.recovery_codes);
    await state.reload();
  };
  const left = state.data?.recovery_codes_left ?? 0;
  if (!state.data?.in_place) return null;
  return (
    <Panel
      title={t("recovery.title")}
      beside={<Badge tone={left < 3 ? "wait" : "good"}>{tn("recovery.left", left)}</Badge>}
    >
      <div class="stack">
        <p class="soft">{t("recovery.lead")}</p>
        {codes ? (
          <Notice tone="good" live>
            <div class="stack">
              <p>{t("factor.recovery_text")}</p>
              <ul class="codes">
                {codes.map((code) => (
                  <li key={code}>{code}</li>
                ))}
              </ul>
              <div>
                <button type="button" class="button" onClick={() => setCodes(null)}>
                  {t("factor.kept")}
                </button>
              </div>
            </div>
          </Notice>
        ) : (
          <details class="more">
            <summary>{t("recovery.renew")}</summary>
            <Form
              submit={submit}
              action={t("recovery.make")}
              about={{
                "identity.refused": "password",
                "identity.password_refused": "password",
                "identity.code_refused": "code",
              }}
            >
              <TextField
                name="password"
                type="password"
                label={t("account.current_password")}
                autocomplete="current-password"
                max={1024}
              />
              <CodeField />
            </Form>
          </details>
        )}
      </div>
    </Panel>
  );
}

function Appearance() {
  return (
    <Panel title={t("account.appearance")}>
      <div class="stack">
        <p class="soft">{t("account.appearance_lead")}</p>
        <div class="fields-row">
          <LanguageSelect />
          <ThemeSelect />
          <DensitySelect />
        </div>
      </div>
    </Panel>
  );
}

function SessionList() {
  const list = useList<SessionRow>("/me/sessions");
  const end = async (row: SessionRow) => {
    await api.delete(`/me/sessions/${row.id}`);
    await list.reload();
  };
  const endOthers = async () => {
    await api.post("/me/sessions/end-others");
    await list.reload();
  };
  const others = list.data?.some((row) => !row.current);
  return (
    <Panel
      title={t("account.sessions")}
      actions={
        others && (
          <ActionButton small act={endOthers}>
            {t("account.end_others")}
          </ActionButton>
        )
      }
    >
      <div class="stack">
        <ListTable
          list={list}
          caption={t("account.sessions")}
          id={(row) => row.id}
          empty={<p class="soft">{t("account.no_session")}</p>}
          columns={[
            {
              title: t("account.browser"),
              head: true,
              cell: (row) => <span class="break">{row.agent || "–"}</span>,
            },
            { title: t("account.address"), cell: (row) => <code>{row.address}</code> },
            { title: t("account.seen"), cell: (row) => <Time at={row.seen} as="ago" /> },
            {
              title: t("table.actions"),
              cell: (row) =>
                row.current ? (
                  <Badge tone="info">{t("account.this_session")}</Badge>
                ) : (
                  <ActionButton
                    small
                    act={() => end(row)}
                    label={t("account.end_session", { agent: row.agent })}
                  >
                    {t("account.end")}
                  </ActionButton>
                ),
            },
          ]}
        />
        <Command lines={sessionCommands(list.data?.find((row) => !row.current))} />
      </div>
    </Panel>
  );
}

function sessionCommands(other: SessionRow | undefined): CommandLine[] {
  const base = "/me/sessions";
  const list: CommandLine = {
    text: t("account.sessions"),
    cli: ["session", "list"],
    call: { method: "GET", path: base },
  };
  if (!other) return [list];
  return [
    list,
    {
      text: t("account.end_session", { agent: other.agent }),
      cli: ["session", "end", other.id],
      call: { method: "DELETE", path: `${base}/${other.id}` },
    },
    // The command line has no session of its own to keep.
    {
      text: t("account.end_others"),
      cli: ["session", "end-all"],
      call: { method: "POST", path: `${base}/end-others` },
    },
  ];
}

function NewToken(props: { done: (token: Token) => Promise<void> }) {
  const submit = async (values: FormData) => {
    await props.done(
      await api.post<Token>("/me/tokens", {
        name: text(values, "name"),
        scopes: texts(values, "scopes"),
        expires: text(values, "expires"),
      }),
    );
  };
  return (
    <details class="more">
      <summary>{t("tokens.new")}</summary>
      <Form
        submit={submit}
        action={t("tokens.create")}
        about={{ "identity.token_scopes": "scopes", "identity.token_expiry": "expires" }}
      >
        <TextField name="name" label={t("tokens.name")} hint={t("tokens.name_hint")} max={100} />
        <ChoicesField
          name="scopes"
          label={t("tokens.scopes")}
          wide
          values={["read"]}
          choices={WORDS.scope.map((value) => ({ value, text: word("scope", value) }))}
        />
        <TextField
          name="expires"
          type="date"
          label={t("account.expires")}
          value={dateAfter(TOKEN_DAYS)}
        />
      </Form>
    </details>
  );
}

const LIST_TOKENS = { method: "GET", path: "/me/tokens" } as const;

function tokenCommands(typed: FormData, first: TokenRow | undefined): CommandLine[] {
  const name = text(typed, "name") ?? t("tokens.name").toUpperCase();
  const scopes = typed.has("name") ? texts(typed, "scopes") : ["read"];
  const expires = text(typed, "expires") ?? dateAfter(TOKEN_DAYS);
  const days = Math.max(1, Math.round((Date.parse(expires) - Date.parse(dateAfter(0))) / DAY_MS));
  return [
    { text: t("tokens.title"), cli: ["token", "list"], call: LIST_TOKENS },
    {
      text: t("tokens.create"),
      cli: ["token", "create", name, ...option("scopes", scopes.join(" ")), ...option("days", days)],
    },
    ...(first
      ? [
          {
            text: t("tokens.revoke_one", { name: first.name }),
            cli: ["token", "revoke", first.id],
          },
        ]
      : []),
  ];
}

function Tokens() {
  const [typed, follow] = useTyped();
  const list = useList<TokenRow>("/me/tokens");
  const [made, setMade] = useState<Token | null>(null);
  const remove = async (row: TokenRow) => {
    await api.delete(`/me/tokens/${row.id}`);
    if (made?.id === row.id) setMade(null);
    await list.reload();
  };
  return (
    <Panel title={t("tokens.title")}>
      <div class="stack" onInput={follow}>
        <p class="soft">{t("tokens.lead")}</p>
        {made?.token && (
          <Notice tone="good" live>
            <div class="stack-tight">
              <p class="strong">{t("tokens.once")}</p>
              <p class="secret">{made.token}</p>
            </div>
          </Notice>
        )}
        <ListTable
          list={list}
          caption={t("tokens.title")}
          id={(row) => row.id}
          empty={<p class="soft">{t("tokens.none")}</p>}
          columns={[
            { title: t("tokens.name"), head: true, cell: (row) => row.name },
            {
              title: t("tokens.scopes"),
              cell: (row) => formatList(row.scopes.map((scope) => word("scope", scope))),
            },
            { title: t("tokens.used"), cell: (row) => <Time at={row.used} as="ago" /> },
            { title: t("account.expires"), cell: (row) => <Time at={row.expires} as="date" /> },
            {
              title: t("table.actions"),
              cell: (row) => (
                <ActionButton
                  small
                  act={() => remove(row)}
                  label={t("tokens.revoke_one", { name: row.name })}
                >
                  {t("tokens.revoke")}
                </ActionButton>
              ),
            },
          ]}
        />
        <NewToken
          key={made?.id}
          done={async (token) => {
            setMade(token);
            await list.reload();
          }}
        />
        <Command lines={tokenCommands(typed, list.data?.[0])} />
      </div>
    </Panel>
  );
}

const SECTIONS: [string, Key][] = [
  ["/account", "nav.account"],
  ["/account/notifications", "told.choices"],
];

function AccountPage(props: { here: string; children: ComponentChildren }) {
  const section = SECTIONS.find(([to]) => to === props.here);
  return (
    <Page
      title={t("nav.account")}
      documentTitle={section ? t(section[1]) : undefined}
      at={props.here}
    >
      <Sections
        label={t("account.sections")}
        here={props.here}
        items={SECTIONS.map(([to, text]) => ({ to, text: t(text) }))}
      />
      {props.children}
    </Page>
  );
}

export function AccountSettings() {
  return (
    <AccountPage here="/account/notifications">
      <AccountNotices />
    </AccountPage>
  );
}

export function Account() {
  const me = useMe();
  return (
    <AccountPage here="/account">
      <div class="columns columns-even">
        <div class="stack-wide">
          <Profile />
          <Password />
          <Appearance />
        </div>
        <div class="stack-wide">
          <SecondFactor />
          {me.has_second_factor && <RecoveryCodes />}
          <Tokens />
        </div>
      </div>
      <div class="stack-wide account-sessions">
        <SessionList />
      </div>
    </AccountPage>
  );
}

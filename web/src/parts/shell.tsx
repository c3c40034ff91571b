// SPDX-License-Identifier: Apache-2.0
// The frame: skip link, the quay (brand, places, account), main, footer.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Person } from "../api/types";
import { language, t, useTexts, type Key, type Language } from "../i18n";
import { api } from "../api/client";
import { place } from "../router";
import { about, brand, brandName, hasRole, renewSession, session, signOut } from "../session";
import { chooseDensity, density, type Density } from "../density";
import { SessionWatch } from "../session_watch";
import { useStore } from "../store";
import { chooseTheme, theme, type Theme } from "../theme";
import { Bell } from "./bell";
import { commands, showCommands } from "./command";
import { Icon } from "./icon";
import { Logo } from "./logo";
import { Toasts } from "./toast";

interface Berth {
  to: string;
  text: Key;
  shown: (person: Person) => boolean;
}

const everyone = () => true;

export const PLACES: Berth[] = [
  { to: "/", text: "nav.home", shown: everyone },
  { to: "/projects", text: "nav.projects", shown: everyone },
  { to: "/catalogue", text: "nav.catalogue", shown: everyone },
  { to: "/sources", text: "nav.sources", shown: everyone },
  {
    to: "/applications",
    text: "nav.applications",
    shown: (person) => hasRole(person, "producer", "committee"),
  },
  { to: "/reviews", text: "nav.reviews", shown: (person) => hasRole(person, "checker") },
  { to: "/officer", text: "nav.officer", shown: (person) => hasRole(person, "officer") },
  { to: "/audit", text: "nav.audit", shown: (person) => hasRole(person, "auditor", "officer") },
];

function isHere(to: string, path: string): boolean {
  if (to === "/officer" && path === "/persons") return true; // a section of that place
  return to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
}

function Places({ person }: { person: Person }) {
  const { path } = useStore(place);
  return (
    <nav aria-label={t("shell.places")}>
      <ul role="list">
        {PLACES.filter((berth) => berth.shown(person)).map((berth) => (
          <li key={berth.to}>
            <a href={berth.to} aria-current={isHere(berth.to, path) ? "page" : undefined}>
              {t(berth.text)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A menu that closes on Escape, on a click elsewhere and after a move. */
function Menu(props: { label: string; summary: ComponentChildren; children: ComponentChildren }) {
  const details = useRef<HTMLDetailsElement>(null);
  const { moves } = useStore(place);
  const close = () => details.current?.removeAttribute("open");
  useEffect(close, [moves]);
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      if (!details.current?.contains(event.target as Node)) close();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !details.current?.open) return;
      close();
      details.current.querySelector("summary")?.focus();
    };
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("click", onClick);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <details class="quay-menu" ref={details}>
      <summary aria-label={props.label}>{props.summary}</summary>
      <div class="quay-menu-panel stack">{props.children}</div>
    </details>
  );
}

const LANGUAGE_NAMES: Record<Language, string> = { fr: "Français", en: "English" };

async function chooseLanguage(chosen: Language): Promise<void> {
  await useTexts(chosen, true);
  if (!session.get()) return;
  await api.patch("/me", { language: chosen });
  await renewSession();
}

export function LanguageSelect() {
  const id = useId();
  const current = useStore(language);
  return (
    <div class="field">
      <label for={id}>{t("shell.language")}</label>
      <select
        id={id}
        onChange={(event) => void chooseLanguage(event.currentTarget.value as Language)}
      >
        {(Object.keys(LANGUAGE_NAMES) as Language[]).map((code) => (
          <option key={code} value={code} lang={code} selected={code === current}>
            {LANGUAGE_NAMES[code]}
          </option>
        ))}
      </select>
    </div>
  );
}

const THEMES: [Theme, Key][] = [
  ["auto", "theme.auto"],
  ["light", "theme.light"],
  ["dark", "theme.dark"],
];

export function ThemeSelect() {
  const id = useId();
  const current = useStore(theme);
  return (
    <div class="field">
      <label for={id}>{t("shell.theme")}</label>
      <select
        id={id}
        onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
      >
        {THEMES.map(([value, text]) => (
          <option key={value} value={value} selected={value === current}>
            {t(text)}
          </option>
        ))}
      </select>
    </div>
  );
}

const DENSITIES: [Density, Key][] = [
  ["comfortable", "density.comfortable"],
  ["compact", "density.compact"],
];

export function DensitySelect() {
  const id = useId();
  const current = useStore(density);
  return (
    <div class="field">
      <label for={id}>{t("density.label")}</label>
      <select
        id={id}
        onChange={(event) => chooseDensity(event.currentTarget.value as Density)}
      >
        {DENSITIES.map(([value, text]) => (
          <option key={value} value={value} selected={value === current}>
            {t(text)}
          </option>
        ))}
      </select>
    </div>
  );
}

const COMMANDS: [ReturnType<typeof commands.get>, Key][] = [
  ["open", "command.choice_open"],
  ["folded", "command.choice_folded"],
  ["hidden", "command.choice_hidden"],
];

export function CommandsSelect() {
  const id = useId();
  const current = useStore(commands);
  return (
    <div class="field">
      <label for={id}>{t("command.choice")}</label>
      <select
        id={id}
        onChange={(event) => showCommands(event.currentTarget.value as typeof current)}
      >
        {COMMANDS.map(([value, text]) => (
          <option key={value} value={value} selected={value === current}>
            {t(text)}
          </option>
        ))}
      </select>
    </div>
  );
}

function AccountMenu({ person }: { person: Person }) {
  return (
    <Menu
      label={t("shell.account", { name: person.name })}
      summary={
        <>
          <Icon name="person" />
          <span class="account-name">{person.name}</span>
          <Icon name="chevron" class="chevron" />
        </>
      }
    >
      <div>
        <p class="strong">{person.name}</p>
        <p class="note">{person.organisation.name}</p>
      </div>
      <a href="/account">{t("nav.account")}</a>
      <a href="/account/notifications">{t("told.choose")}</a>
      <LanguageSelect />
      <ThemeSelect />
      <DensitySelect />
      <CommandsSelect />
      <button type="button" class="button" onClick={() => void signOut()}>
        {t("action.sign_out")}
      </button>
    </Menu>
  );
}

function GuestMenu() {
  return (
    <Menu label={t("shell.settings")} summary={
        <>
          {t("shell.settings")}
          <Icon name="chevron" class="chevron" />
        </>
      }>
      <LanguageSelect />
      <ThemeSelect />
    </Menu>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  const person = useStore(session)?.person;
  const facts = useStore(about);
  const look = useStore(brand);
  return (
    <div class="shell">
      <header>
        <a class="skip" href="#main">
          {t("shell.skip")}
        </a>
        <div class="quay">
          <div class="quay-inner">
            <a class="brand" href="/">
              {look.logo ? <img src={look.logo} alt="" /> : <Logo />}
              <span>
                {brandName()}
                {look.owner && <span class="brand-owner">{look.owner[language.get()]}</span>}
              </span>
            </a>
            {person && (
              <div class="quay-nav quay-wide">
                <Places person={person} />
              </div>
            )}
            {person && (
              <div class="quay-compact">
                <Menu label={t("shell.places")} summary={<Icon name="menu" />}>
                  <Places person={person} />
                </Menu>
              </div>
            )}
            <div class="quay-side">
              {person && <Bell person={person} />}
              {person ? <AccountMenu person={person} /> : <GuestMenu />}
            </div>
          </div>
        </div>
        {facts?.demonstration && (
          <div class="demonstration">
            <p>{t("shell.demonstration")}</p>
          </div>
        )}
      </header>
      <main class="main" id="main" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
      {person && <SessionWatch />}
      <footer class="foot">
        <div class="foot-inner">
          <span>{look.owner?.[language.get()] ?? t("shell.motto")}</span>
          <nav class="foot-links" aria-label={t("shell.about")}>
            <a href="/accessibility">{t("texts.foot_accessibility")}</a>
            <a href="/terms">{t("texts.terms")}</a>
            <a href="/privacy">{t("texts.privacy")}</a>
            <a href="/site">{t("site.title")}</a>
            <a href="/glossary">{t("glossary_page.title")}</a>
            <a href="/docs/api">{t("api.title")}</a>
            {look.footer.map((link) => (
              <a key={link.url} href={link.url}>
                {link.text[language.get()]}
              </a>
            ))}
          </nav>
          {facts && <span>{t("shell.version", { version: facts.version })}</span>}
        </div>
      </footer>
    </div>
  );
}

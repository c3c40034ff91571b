// SPDX-License-Identifier: Apache-2.0
// The platform as its officers run it, on the real server: a service stopped with a reason and told at
// once to whom it belongs, quotas, the clock, the log verified, terms written and accepted, by hand
// and by keyboard; and what is refused.
import { after, before, describe, it } from "node:test";
import {
  assert, launchBrowser, newPage, settled, signIn, startDemonstration, watchErrors,
} from "./support.mjs";

describe("the platform, by hand", { concurrency: 1 }, () => {
  let demonstration, browser, officer, scientist;
  const errors = [];

  before(async () => {
    demonstration = await startDemonstration();
    browser = await launchBrowser();
    officer = await newPage(browser);
    scientist = await newPage(browser);
    errors.push(watchErrors(officer), watchErrors(scientist));
    await signIn(demonstration, officer, "officer");
    await signIn(demonstration, scientist, "scientist");
  });

  after(async () => {
    await browser?.close();
    await demonstration?.stop();
  });

  /** Goes to a section of the platform's place, as one clicks. */
  async function section(name) {
    await officer.getByRole("link", { name: "Platform", exact: true }).click();
    await officer.getByRole("navigation", { name: "Sections of the platform" })
      .getByRole("link", { name, exact: true }).click();
    await settled(officer);
  }

  const bell = (page) => page.locator(".bell");
  const unread = async (page) =>
    Number(/(\d+) new/.exec(await bell(page).getAttribute("aria-label"))?.[1] ?? 0);

  it("the overview says that all is well", async () => {
    await section("Overview");
    for (const part of ["Database", "Engine", "Audit log", "Clock"])
      await officer.locator(".health li", { hasText: part }).getByText("Well").waitFor();
    await officer.locator(".health li", { hasText: "Mail" }).getByText("Not set up").waitFor();
  });

  it("the clock runs a duty when asked", async () => {
    await section("Clock");
    const row = officer.getByRole("row", { name: /accreditation\.reminders/ });
    await row.getByText("Not run yet").waitFor();
    await row.getByRole("button", { name: "Run now: accreditation.reminders" }).click();
    await row.getByText("Well").waitFor();
  });

  it("a project frozen and opened again is told at once to its members, who read it", async () => {
    const before_ = await unread(scientist);
    await section("Projects and quotas");
    await officer.getByRole("link", { name: "Use of care and insurance" }).click();
    await settled(officer);
    const path = new URL(officer.url()).pathname;
    const change = async (state, reason) => officer.evaluate(async ([project, to, why]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const answer = await fetch(`/api/v1${project}/state`, {
        method: "POST", headers: { "Content-Type": "application/json", "X-Darse-CSRF": session.csrf },
        body: JSON.stringify({ state: to, reason: why }) });
      if (!answer.ok) throw new Error(await answer.text());
    }, [path, state, reason]);
    await change("frozen", "The room is inspected until noon.");
    await change("open", "The inspection is over.");
    // Nobody reloads: the stream of changes wakes the bell.
    await scientist.waitForFunction((n) =>
      Number(/(\d+) new/.exec(document.querySelector(".bell").ariaLabel)?.[1] ?? 0) >= n, before_ + 2);
    await bell(scientist).click();
    await settled(scientist);
    const told = scientist.locator(".told", { hasText: "The room is inspected until noon." });
    await told.getByText("Use of care and insurance").waitFor();
    await told.getByRole("button", { name: /Mark as read/ }).click();
    await told.getByText("New", { exact: true }).waitFor({ state: "detached" });
    await scientist.getByRole("button", { name: "Mark all as read" }).click();
    await scientist.waitForFunction(() => document.querySelector(".bell-count") === null);
    await scientist.getByRole("button", { name: "Only new ones" }).click();
    await scientist.getByText("Nothing to read").waitFor();
  });

  it("a person chooses what to be told, and cannot switch off what guards the account", async () => {
    await scientist.getByRole("link", { name: "Choose what you are told" }).first().click();
    await settled(scientist);
    await scientist.getByText("No mail server is set up on this platform").waitFor();
    const choice = scientist.getByLabel("A project changed state");
    await choice.selectOption("none");
    await scientist.getByText("Your choice is kept.").first().waitFor();
    await scientist.reload();
    await settled(scientist);
    assert.equal(await scientist.getByLabel("A project changed state").inputValue(), "none");
    const kept = scientist.getByLabel("Your password was changed");
    assert.deepEqual(await kept.locator("option").evaluateAll((all) => all.map((one) => one.value)),
      ["page", "mail", "digest"]);
  });

  it("a quota is changed; one that is none is refused beside its field", async () => {
    await section("Projects and quotas");
    await officer.getByRole("button", { name: "Quota of Use of care and insurance" }).click();
    const dialog = officer.getByRole("dialog");
    const field = dialog.getByLabel("Room in the bucket, in gigabytes");
    await field.fill("-1");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.locator(".wrong, .notice-bad").first().waitFor();
    await field.fill("25");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await officer.getByRole("row", { name: /Use of care/ }).getByText("of 25 GB").waitFor();
  });

  it("an organisation is added and renamed; a name that is taken is refused", async () => {
    await section("Organisations");
    await officer.getByRole("button", { name: "Add an organisation" }).click();
    const dialog = officer.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Port of Brest");
    await dialog.getByRole("button", { name: "Add" }).click();
    await dialog.waitFor({ state: "detached" });
    await officer.getByRole("button", { name: "Edit Port of Brest" }).click();
    const other = await officer.locator("tbody th").filter({ hasNotText: "Port of Brest" }).first()
      .textContent();
    await dialog.getByLabel("Name").fill(other);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("There is already an organisation of this name.").waitFor();
    await dialog.getByLabel("Name").fill("Harbour of Brest");
    await dialog.getByRole("button", { name: "Save" }).click();
    await officer.getByRole("rowheader", { name: "Harbour of Brest" }).waitFor();
  });

  it("the log is verified from its page, and an entry proven", async () => {
    await officer.getByRole("link", { name: "Audit log", exact: true }).click();
    await settled(officer);
    await officer.getByRole("button", { name: "Verify now" }).click();
    await officer.getByText("The log holds.").waitFor({ timeout: 60_000 });
    const proof = officer.getByRole("region", { name: "Proof of an entry" });
    await proof.getByLabel("Number of the entry").fill("99999999");
    await proof.getByRole("button", { name: "Download the proof" }).click();
    await proof.getByText("The log has no entry of this number.").waitFor();
    await proof.getByLabel("Number of the entry").fill("3");
    const download = officer.waitForEvent("download");
    await proof.getByRole("button", { name: "Download the proof" }).click();
    assert.equal((await download).suggestedFilename(), "entry-3.json");
  });

  it("terms are written and previewed; everybody is asked to accept them", async () => {
    await section("Texts");
    const french = officer.getByLabel("In French"), english = officer.getByLabel("In English");
    await french.fill("Sans titre");
    await officer.getByRole("button", { name: "Put the new version in force" }).click();
    await officer.getByText(/The text needs a title/).waitFor();
    await french.fill("# Conditions\n\nRien ne sort sans vérification.");
    await english.fill("# Terms\n\nNothing leaves **unchecked**. <b onclick=alert(1)>Never</b>");
    await officer.getByRole("button", { name: "Preview in English" }).click();
    await officer.getByRole("dialog").locator("strong", { hasText: "unchecked" }).waitFor();
    assert.equal(await officer.getByRole("dialog").locator(".prose b").count(), 0);
    await officer.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await officer.getByLabel("Ask everybody to accept this version").check();
    await officer.getByLabel("From when on acceptance is needed").selectOption("In 7 days");
    await officer.getByRole("button", { name: "Put the new version in force" }).click();
    const versions = officer.getByRole("region", { name: "Versions written here" });
    await versions.getByRole("rowheader", { name: "2", exact: true }).waitFor();

    // There is time: a reminder that leads to them, and work goes on.
    await scientist.goto(`${demonstration.url}/projects`);
    await scientist.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
    await scientist.getByText(/The terms of use have changed. Accept them before/).waitFor();
    await scientist.getByRole("button", { name: "Read and accept" }).press("Enter");
    await scientist.getByRole("heading", { level: 1, name: "Terms" }).waitFor();
    await scientist.getByRole("button", { name: "Later" }).press("Enter");
    await scientist.getByRole("heading", { level: 1, name: "Projects" }).waitFor();

    // No time: whatever the page asks for next is refused, and the terms come in its place.
    await english.fill("# Terms\n\nNothing leaves unchecked, **ever**.");
    await officer.getByLabel("Ask everybody to accept this version").check();
    await officer.getByLabel("From when on acceptance is needed").selectOption("At once");
    await officer.getByRole("button", { name: "Put the new version in force" }).click();
    await versions.getByRole("rowheader", { name: "3", exact: true }).waitFor();
    await scientist.getByRole("link", { name: "Catalogue", exact: true }).first().click();
    await scientist.getByRole("link", { name: "Projects", exact: true }).first().click();
    await scientist.getByRole("heading", { level: 1, name: "Terms" }).waitFor();
    assert.equal(await scientist.getByRole("heading", { level: 1, name: "Projects" }).count(), 0);
    await scientist.getByRole("link", { name: "Personal data" }).click();     // may still be read
    await scientist.getByRole("heading", { level: 1, name: "Personal data" }).waitFor();
    await scientist.goto(`${demonstration.url}/projects`);
    await scientist.getByRole("button", { name: "I have read them and accept them" }).press("Enter");
    await scientist.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
  });

  it("the glossary explains a word at its own address", async () => {
    await scientist.goto(`${demonstration.url}/glossary#bubble`);
    await settled(scientist);
    assert.equal(await scientist.evaluate(() => document.activeElement?.id), "bubble");
    await scientist.getByLabel("Search a word").fill("habilitation");
    await scientist.locator(".entry").first().getByText("Accreditation").waitFor();
  });

  it("other sessions end together", async () => {
    const other = await newPage(browser);
    await signIn(demonstration, other, "scientist");
    await scientist.goto(`${demonstration.url}/account`);
    await settled(scientist);
    await scientist.getByRole("button", { name: "End all others" }).click();
    await scientist.getByRole("button", { name: "End all others" }).waitFor({ state: "detached" });
    await other.reload();
    await other.getByLabel("Login").waitFor();
    await other.context().close();
  });

  it("nobody else sees the platform's pages", async () => {
    await scientist.goto(`${demonstration.url}/officer`);
    await scientist.getByText("Your role does not allow this; ask a platform officer.").waitFor();
    assert.equal(await scientist.getByRole("link", { name: "Platform", exact: true }).count(), 0);
  });

  it("no page made an error", () => assert.deepEqual(errors.flat(), []));
});

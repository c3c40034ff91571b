// SPDX-License-Identifier: Apache-2.0
// The main job by hand, each person in a browser of their own, on a real server with a real
// notebook: apply, agree, decide, sign, launch, work, export, check, download, revoke.
import { after, before, describe, it } from "node:test";
import { readFile } from "node:fs/promises";
import {
  assert,
  codeOf,
  launchBrowser,
  newPage,
  overflow,
  settled,
  signIn,
  startDemonstration,
  watchErrors,
} from "./support.mjs";

const PROJECT = "Use of care and insurance";
const DATASET = /scientific/i;
const LAUNCH_MS = 120_000;
const KERNEL_MS = 90_000;
const FOLDER = `by-hand-${Date.now()}`;

/** One line, because the notebook's editor indents by itself. */
const CELL = [
  "import pathlib, pandas",
  "folder = next(p for s in pathlib.Path('/data').iterdir() for p in s.iterdir())",
  "file = next(p for p in folder.iterdir() if p.suffix in ('.parquet', '.csv'))",
  "t = pandas.read_parquet(file) if file.suffix == '.parquet' else pandas.read_csv(file)",
  "g = t.groupby(['physlm', 'disea', 'mdvis'])['mdvis']",
  "raw = pandas.DataFrame({'persons': g.size(), 'visits': g.sum(), 'largest': g.max()})",
  "raw.index = raw.index.set_names(['limitation', 'diseases', 'visits_class'])",
  "raw = raw.reset_index()",
  "safe = raw[raw.persons >= 5].copy()",
  "safe['persons'] = (safe.persons / 5).round().astype(int) * 5",
  "safe['visits'] = (safe.visits / 5).round().astype(int) * 5",
  "safe = safe.drop(columns='largest')",
  `out = pathlib.Path('/project/${FOLDER}')`,
  "out.mkdir()",
  "raw.to_csv(out / 'raw.csv', index=False)",
  "safe.to_csv(out / 'safe.csv', index=False)",
  "print('ROWS', len(t))",
].join("; ");

describe("the main job, by hand", { concurrency: 1 }, () => {
  let demonstration, browser;
  const pages = {};
  const errors = {};

  before(async () => {
    demonstration = await startDemonstration();
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await demonstration?.stop();
  });

  async function person(login) {
    if (!pages[login]) {
      pages[login] = await newPage(browser);
      errors[login] = watchErrors(pages[login]);
      await signIn(demonstration, pages[login], login);
    }
    await pages[login].goto(demonstration.url);
    await settled(pages[login]);
    return pages[login];
  }

  /** The code of somebody who has just used one: the next one, half a minute later at most. */
  async function fillCode(page, login) {
    await page.getByLabel("Code of your second factor").fill(await codeOf(demonstration, login));
  }

  async function openProject(page, section) {
    await page.getByRole("link", { name: PROJECT }).first().click();
    await page.getByRole("heading", { level: 1, name: PROJECT }).waitFor();
    if (section) {
      await page
        .getByRole("navigation", { name: "Sections of the project" })
        .getByRole("link", { name: section, exact: true })
        .click();
    }
    await settled(page);
  }

  it("a wrong password is refused in words, beside the field", async () => {
    const page = await newPage(browser);
    await page.goto(demonstration.url);
    await page.getByLabel("Login").fill("scientist");
    await page.getByLabel("Password").fill("not this one, surely");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("The login, the password or the code is not right.").waitFor();
    const field = page.getByLabel("Password");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.ok(await field.evaluate((element) => element === document.activeElement));
    await page.context().close();
  });

  it("the scientist applies for a dataset", async () => {
    const page = await person("scientist");
    await openProject(page, "Data");
    await page.getByRole("link", { name: "Apply for data" }).click();
    await page.getByRole("checkbox", { name: /Person-years, scientific/ }).first().check();
    await page.getByRole("heading", { level: 1, name: "Application for accreditation" }).waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("checkbox", { name: /Samir Benali/ }).waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel(/^Why these data/).fill("Visits by health status.\nCounts only.");
    await page.getByLabel(/^Method/).fill("Counts by class.");
    // Away in the middle, and back: the draft has kept what was written.
    await page.getByText(/^Saved at/).waitFor();
    await openProject(await person("scientist"), "Data");
    await page.getByRole("link", { name: "Apply for data" }).click();
    await page.getByRole("link", { name: "Continue the draft" }).click();
    await page.getByRole("button", { name: "Purpose and method" }).click();
    await page.waitForFunction(
      () => document.querySelector("[name=method]")?.value === "Counts by class.",
    );
    await page.getByRole("button", { name: "Check and submit" }).click();
    await page.getByRole("button", { name: "Submit the application" }).click();
    await page.locator(".page-title .badge", { hasText: "Submitted" }).waitFor();
  });

  it("the producer is told, and agrees", async () => {
    const page = await person("producer");
    await page.getByRole("link", { name: "Agreement to give" }).first().click();
    await page.getByRole("radio", { name: /^Agreed/ }).check();
    await page.getByLabel("Comment").fill("Within the purpose of the survey.");
    await page.getByRole("button", { name: "Sign", exact: true }).click();
    await page.locator(".badge", { hasText: "Agreed" }).waitFor();
  });

  it("the committee is told, and gives its opinion", async () => {
    const page = await person("committee");
    await page.getByRole("link", { name: "Committee’s opinion to give" }).first().click();
    await page.getByRole("radio", { name: /^Favourable/ }).check();
    await page.getByLabel("Comment").fill("Favourable for a year.");
    await page.getByRole("button", { name: "Sign the opinion" }).click();
    await page.locator(".badge", { hasText: "Favourable" }).waitFor();
  });

  it("the scientist signs, and is accredited", async () => {
    const page = await person("scientist");
    await page.getByRole("link", { name: "Undertaking to sign" }).first().click();
    await fillCode(page, "scientist");
    await page.getByRole("button", { name: "Sign my undertaking" }).click();
    await page.locator(".badge", { hasText: "signed" }).first().waitFor();
    await person("scientist");
    await openProject(page, "Data");
    await page.locator(".right", { hasText: DATASET }).getByText("Accredited", { exact: true }).first().waitFor();
  });

  it("the scientist launches JupyterLab and follows its timeline", async () => {
    const page = await person("scientist");
    await openProject(page, "Services");
    await page.getByRole("link", { name: "Launch JupyterLab" }).click();
    await page.getByRole("heading", { level: 1, name: "Launch JupyterLab" }).waitFor();
    await page.getByText("Will be mounted").first().waitFor();
    await page.getByLabel("Name (optional)").fill("By hand");
    await page.getByLabel("Processors").selectOption("1");
    await page.getByLabel("Lifetime").selectOption("1");
    await page.getByRole("button", { name: "Launch" }).click();
    await page.getByRole("heading", { level: 1, name: "By hand" }).waitFor();
    await page.locator(".page-title .badge", { hasText: "Ready" }).waitFor({ timeout: LAUNCH_MS });
    const steps = await page.locator(".timeline li p:first-child").allTextContents();
    assert.deepEqual(steps.slice(0, 1), ["Queued"]);
    assert.ok(steps.includes("Ready"), steps.join());
    await page.getByText(/^1 processor · /).waitFor();
    assert.ok((await overflow(page)) <= 0);
  });

  it("JupyterLab opens at its own address, and a cell runs", async () => {
    const page = pages.scientist;
    const opening = page.context().waitForEvent("page");
    await page.getByRole("button", { name: "Open in a new tab" }).click();
    const lab = await opening;
    await lab.waitForURL(/^http:\/\/svc-[a-z0-9]+\.localhost:/, { timeout: LAUNCH_MS });
    assert.notEqual(new URL(lab.url()).origin, new URL(page.url()).origin);
    const card = lab.locator(".jp-LauncherCard[data-category=Notebook]").first();
    await card.click({ timeout: KERNEL_MS });
    const cell = lab.locator(".jp-Notebook .jp-CodeCell .cm-content").first();
    await cell.click({ timeout: KERNEL_MS });
    await lab.keyboard.insertText(CELL);
    await lab.keyboard.press("Shift+Enter");
    const output = lab.locator(".jp-OutputArea-output");
    try {
      await output.first().waitFor({ timeout: 30_000 });
    } catch {
      // The notebook was asked before its kernel was there: ask again, as a person would.
      await cell.click();
      await lab.keyboard.press("Shift+Enter");
      await output.first().waitFor({ timeout: KERNEL_MS });
    }
    assert.match(await output.first().textContent(), /ROWS 20190/);
    await lab.close();
  });

  it("the tables are among the project's files", async () => {
    const page = await person("scientist");
    await openProject(page, "Files");
    await page.getByRole("link", { name: FOLDER }).click();
    await page.getByText("raw.csv").waitFor();
    await page.getByText("safe.csv").waitFor();
  });

  async function addFile(page, name, columns) {
    await page.getByRole("button", { name: "Add a file" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a file" });
    await dialog.getByRole("button", { name: FOLDER }).click();
    await dialog.getByRole("radio", { name }).check();
    for (const [label, column] of Object.entries(columns)) await dialog.getByLabel(label).fill(column);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.waitFor({ state: "detached", timeout: 60_000 });
    return page.locator("section.panel", { has: page.getByRole("heading", { name }) });
  }

  it("the raw table is flagged cell by cell; the rounded one passes and is submitted", async () => {
    const page = await person("scientist");
    await openProject(page, "Exports");
    await page.getByRole("button", { name: "New export" }).click();
    const dialog = page.getByRole("dialog", { name: "New export" });
    await dialog.getByLabel("Title").fill(`Visits ${FOLDER}`);
    await dialog.getByLabel("Context").fill("Person-years by limitation, diseases and visits.");
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { level: 1, name: `Visits ${FOLDER}` }).waitFor();

    const raw = await addFile(page, "raw.csv", {
      "Column of counts": "persons",
      "Column of totals": "visits",
      "Column of the largest contributor": "largest",
    });
    await raw.locator(".badge", { hasText: "Flagged cells" }).waitFor();
    await raw.locator("td.flagged").first().waitFor();
    await raw.getByText("Fewer units than the smallest safe number.").first().waitFor();
    await raw.getByRole("button", { name: "Remove raw.csv" }).click();
    await raw.waitFor({ state: "detached" });

    const safe = await addFile(page, "safe.csv", { "Column of counts": "persons" });
    await safe.locator(".badge").first().waitFor();
    assert.equal(await safe.locator("td.flagged").count(), 0);
    await page.getByRole("button", { name: "Submit for review" }).click();
    await page.locator(".page-title .badge", { hasText: "Under review" }).waitFor();
  });

  it("the author cannot review; the checker is told, reads and approves", async () => {
    assert.equal(await pages.scientist.getByRole("link", { name: "Review" }).count(), 0);
    const page = await person("checker1");
    await page.getByRole("link", { name: "Export to review" }).first().click();
    await page.getByRole("heading", { level: 1, name: `Review: Visits ${FOLDER}` }).waitFor();
    await page.getByText("Person-years by limitation, diseases and visits.").waitFor();
    await page.getByRole("region", { name: "Content of safe.csv" }).waitFor();
    await page.getByRole("radio", { name: /^Approve/ }).check();
    await page.getByLabel(/^Comment/).fill("Rounded, small cells left out.");
    await fillCode(page, "checker1");
    await page.getByRole("button", { name: "Sign my review" }).click();
    await page.getByRole("heading", { level: 1, name: "Reviews" }).waitFor();
  });

  it("the scientist downloads the package", async () => {
    const page = await person("scientist");
    await page.getByRole("link", { name: "Export to download" }).first().click();
    await page.locator(".page-title .badge", { hasText: "Approved" }).waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download the package" }).click();
    const download = await downloading;
    const bytes = await readFile(await download.path());
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    assert.ok(bytes.includes("manifest.json"));
  });

  it("a revoked agreement stops the notebook, and the page says why", async () => {
    const scientist = await person("scientist");
    await scientist.getByRole("link", { name: "By hand" }).first().click();
    await scientist.locator(".page-title .badge", { hasText: "Ready" }).waitFor();
    const officer = await person("officer");
    await openProject(officer, "Data");
    const right = officer.locator(".right", { hasText: "Accredited" }).first();
    await right.locator("summary").click();
    await right.getByRole("button", { name: "Revoke: Agreement of the producer" }).click();
    const dialog = officer.getByRole("dialog", { name: "Revoke" });
    await dialog.getByLabel("Reason").fill("The survey was withdrawn.");
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await dialog.waitFor({ state: "detached" });
    await scientist
      .locator(".page-title .badge", { hasText: /Stopped|Frozen|Stopping/ })
      .waitFor({ timeout: 20_000 });
    await scientist.locator(".notice", { hasText: /accredited/ }).waitFor();
    await scientist.locator(".timeline").getByText("Frozen").waitFor();
  });

  it("a secure project says that it needs a pixels-only service", async () => {
    const page = await person("scientist");
    await page.getByRole("link", { name: "Weight of large enterprises" }).first().click();
    await page
      .getByRole("navigation", { name: "Sections of the project" })
      .getByRole("link", { name: "Services" })
      .click();
    await settled(page);
    await page.getByRole("link", { name: "Launch JupyterLab" }).click();
    await page.locator(".notice").getByText(/pixels-only/).waitFor();
    await page.getByRole("button", { name: "Launch" }).click();
    await page.locator("[data-problem]").getByText(/pixels-only/).waitFor();
  });

  it("signing out ends the session here", async () => {
    const page = await person("scientist");
    await page.locator(".quay-side summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { level: 1, name: "Sign in to Darse" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Sign in to Darse" }).waitFor();
  });

  it("no page made an error", () => {
    assert.deepEqual(Object.values(errors).flat(), []);
  });
});

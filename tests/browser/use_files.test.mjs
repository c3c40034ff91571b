// SPDX-License-Identifier: Apache-2.0
// A producer makes a use file of a raw file on the pages: recipe, progress, report, decision; the reports of
// the teaching source as their stewards read them; a key destroyed for good.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import {
  accessibilityProblems, assert, codeOf, launchBrowser, newPage, overflow, settled, signIn, startDemonstration,
  watchErrors,
} from "./support.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILD = process.env.DARSE_BUILD ?? join(ROOT, "build");
const TAG = Date.now().toString(36);
const PICTURES = process.env.DARSE_PICTURES;

describe("use files, by hand", { concurrency: 1 }, () => {
  let demonstration, browser, page, folder, errors, reports;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "darse-use-"));
    const raw = execFileSync(join(BUILD, "demo", "darse-demo-teaching"), ["--rows", "1500", "--seed", "9"]);
    writeFileSync(join(folder, "raw.csv"), raw);
    const recipe = JSON.parse(readFileSync(join(ROOT, "demo", "recipes", "secure.json"), "utf8"));
    recipe.steps[2].domain = `establishment-${TAG}`;
    writeFileSync(join(folder, "recipe.json"), JSON.stringify(recipe));
    writeFileSync(join(folder, "broken.json"), JSON.stringify({ ...recipe, steps: [{ do: "burn" }] }));
    demonstration = await startDemonstration();
    browser = await launchBrowser();
    page = await newPage(browser);
    errors = watchErrors(page);
    await signIn(demonstration, page, "producer2");
  });

  after(async () => {
    await browser?.close();
    await demonstration?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function goTo(path) {
    await page.goto(demonstration.url + path);
    await settled(page);
  }

  async function openSource() {
    await goTo("/sources?q=employees");
    await page.getByRole("link", { name: "Employees, a teaching file" }).click();
    await page.getByRole("heading", { level: 1, name: "Employees, a teaching file" }).waitFor();
    await settled(page);
  }

  it("the teaching source shows three use files with their reports", async () => {
    await openSource();
    const links = page.getByRole("link", { name: /^Protection report: Employees, (secure|scientific|public) use file$/ });
    assert.ok((await links.count()) >= 3);
    reports = await links.evaluateAll((all) => all.map((link) => link.href));
    const [opened] = await Promise.all([page.context().waitForEvent("page"), links.first().click()]);
    await opened.getByRole("heading", { level: 1, name: /^Employees, .* use file$/ }).waitFor();
    assert.match(await opened.content(), /Protection report/);
    await opened.close();
  });

  it("a report reads well at every width, in both languages and themes, and runs nothing", async () => {
    const address = new URL(reports[0]);
    const answer = await page.request.get(address.href);
    assert.match(answer.headers()["content-security-policy"], /default-src 'none'.*sandbox/);
    // What looks at the page is a script: it needs a page without the sandbox.
    const looking = await newPage(browser, { bypassCSP: true });
    await looking.context().addCookies(await page.context().cookies());
    for (const [language, theme] of [["en", "light"], ["fr", "dark"]]) {
      for (const width of [360, 1280]) {
        await looking.setViewportSize({ width, height: 900 });
        await looking.goto(`${address.origin}${address.pathname}?language=${language}&theme=${theme}`);
        assert.ok((await overflow(looking)) <= 0, `${language} ${width}`);
        assert.deepEqual(await accessibilityProblems(looking), [], `${language} ${theme} ${width}`);
        if (PICTURES)
          await looking.screenshot({ path: join(PICTURES, `report-${language}-${theme}-${width}.png`), fullPage: true });
      }
    }
    await looking.context().close();
  });

  it("a recipe that is none is refused beside its field", async () => {
    await openSource();
    await page.getByRole("link", { name: "Protect a raw file" }).click();
    await page.getByRole("heading", { level: 1, name: "Protect a raw file" }).waitFor();
    await page.getByLabel("Dataset", { exact: true }).fill(`Employees ${TAG}`);
    await page.getByLabel(/^Short name/).fill(`employees-${TAG}`);
    await page.getByLabel(/^Vintage/).fill("2026");
    await page.getByRole("radio", { name: /^Secure use/ }).check();
    await page.getByLabel(/^Recipe/).setInputFiles(join(folder, "broken.json"));
    await page.getByLabel(/^Raw file/).setInputFiles(join(folder, "raw.csv"));
    await page.getByRole("button", { name: "Send and apply the recipe" }).click();
    await page.locator(".wrong", { hasText: /burn/ }).waitFor();
    assert.ok(await page.getByLabel(/^Recipe/).evaluate((field) => field === document.activeElement));
  });

  it("the raw file is protected, the report read, the version published", async () => {
    await page.getByLabel(/^Recipe/).setInputFiles(join(folder, "recipe.json"));
    await page.getByRole("button", { name: "Send and apply the recipe" }).click();
    await page.waitForURL(/\/protections\/prt-/);
    await page.getByRole("button", { name: "Publish this version" }).waitFor({ timeout: 60_000 });
    const row = page.getByRole("row", { name: /Columns that look like direct identifiers/ });
    assert.deepEqual(await row.getByRole("cell").allTextContents(), ["5", "1"]);
    await page.getByRole("button", { name: "Publish this version" }).click();
    await page.getByRole("link", { name: "See the dataset" }).click();
    await page.getByRole("heading", { level: 1, name: `Employees ${TAG}` }).waitFor();
    await page.getByRole("link", { name: "Read the whole report" }).waitFor();
    await page.getByText("record_key").first().waitFor();
  });

  it("its key is destroyed with a reason and a code", async () => {
    await goTo("/keys");
    const domain = `establishment-${TAG}`;
    const row = page.getByRole("row", { name: new RegExp(domain) });
    await row.getByRole("button", { name: /Destroy/ }).click();
    await page.getByLabel(/^Reason/).fill("End of the agreement");
    await page.getByLabel("Code of your second factor").fill("000000");
    await page.getByRole("button", { name: "Destroy", exact: true }).last().click();
    await page.locator(".wrong", { hasText: /code/i }).waitFor();
    await page.getByLabel("Code of your second factor").fill(await codeOf(demonstration, "producer2"));
    await page.getByRole("button", { name: "Destroy", exact: true }).last().click();
    await row.getByText("destroyed", { exact: true }).waitFor();
    await row.getByText(/Perrine Garnier · End of the agreement/).waitFor();
    assert.equal(await row.getByRole("button", { name: /Destroy/ }).count(), 0);
  });

  it("who answers for nothing sees no report", async () => {
    const other = await newPage(browser);
    await signIn(demonstration, other, "scientist");
    await other.goto(`${demonstration.url}/sources?q=employees`);
    await other.getByRole("link", { name: "Employees, a teaching file" }).click();
    await other.getByRole("heading", { level: 1, name: "Employees, a teaching file" }).waitFor();
    await settled(other);
    assert.equal(await other.getByRole("link", { name: /^Protection report/ }).count(), 0);
    assert.equal((await other.request.get(reports[0])).status(), 403);
    await other.context().close();
  });

  it("nothing went wrong on the way", () => assert.deepEqual(errors, []));
});

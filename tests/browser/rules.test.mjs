// SPDX-License-Identifier: Apache-2.0
// A dominated cell on its way to the airlock: the author declares the columns on the page and sees the figure
// behind the flag; hides the cell and sees that it follows by subtraction; hides what protects it, and submits.
// The checker sees what was checked, what was not, and which columns stay inside.
// PICTURES=folder keeps a picture of each step.
import { after, before, describe, it } from "node:test";
import {
  accessibilityProblems, assert, launchBrowser, newPage, overflow, settled, signIn, startDemonstration, watchErrors,
} from "./support.mjs";

const TITLE = `Turnover by region ${Date.now()}`;
const PROJECT = "Weight of large enterprises";
const STEP_MS = 60_000;

describe("rules on contributors", { timeout: 600_000 }, () => {
  let demonstration, browser, author, checker;
  const errors = [];

  async function person(login) {
    const page = await newPage(browser, { bypassCSP: true });
    page.setDefaultTimeout(STEP_MS);
    errors.push(watchErrors(page));
    await signIn(demonstration, page, login);
    return page;
  }

  async function picture(page, name) {
    if (process.env.PICTURES)
      await page.screenshot({ path: `${process.env.PICTURES}/${name}.png`, fullPage: true });
  }

  before(async () => {
    demonstration = await startDemonstration();
    browser = await launchBrowser();
    author = await person("scientist");
    await author.getByRole("link", { name: PROJECT }).first().click();
    await author.getByRole("heading", { level: 1, name: PROJECT }).waitFor();
    await author
      .getByRole("navigation", { name: "Sections of the project" })
      .getByRole("link", { name: "Exports", exact: true })
      .click();
    await author.getByRole("button", { name: "New export" }).click();
    const dialog = author.getByRole("dialog", { name: "New export" });
    await dialog.getByLabel("Title").fill(TITLE);
    await dialog.getByLabel("Context").fill("Turnover of all enterprises of the register, by activity and region.");
    await dialog.getByRole("button", { name: "Create" }).click();
    await author.getByRole("heading", { level: 1, name: TITLE }).waitFor();
  });

  after(async () => {
    assert.deepEqual(errors.flat(), []);
    await browser?.close();
    await demonstration?.stop();
  });

  async function add(name, columns) {
    await author.getByRole("button", { name: "Add a file" }).click();
    const dialog = author.getByRole("dialog", { name: "Add a file" });
    await dialog.getByRole("button", { name: "received" }).click();
    await dialog.getByRole("radio", { name, exact: true }).check();
    for (const [label, column] of Object.entries(columns)) {
      const field = dialog.getByLabel(label);
      if (!(await field.isVisible())) await dialog.getByText("More columns").click();
      await field.fill(column);
    }
    await picture(author, `form-${name}`);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    return author.locator("section.panel", { has: author.getByRole("heading", { name, exact: true }) });
  }

  const columns = {
    "Column of counts": "units",
    "Column of totals": "turnover",
    "Column of the largest contributor": "largest",
    "Dimensions of the table": "activity, region",
    "Columns of the next contributors": "second",
  };

  async function remove(panel, name) {
    await panel.getByRole("button", { name: `Remove ${name}` }).click();
    await panel.waitFor({ state: "detached" });
  }

  it("a rule that lacks its column is named, with the column", async () => {
    const panel = await add("turnover-by-region.csv", { "Column of counts": "units" });
    await panel.getByText("Some rules could not be checked.").waitFor();
    await panel.getByText("The column of totals or that of the largest contributor is missing.").waitFor();
    await remove(panel, "turnover-by-region.csv");
  });

  it("one enterprise with nearly all of a cell is caught; the author is not told its share", async () => {
    const panel = await add("turnover-by-region.csv", columns);
    await panel.getByText("Flagged cells").first().waitFor();
    await panel.getByText("The largest contributors have more than the allowed share of the total.").waitFor();
    await panel.getByText(/largest and second: these values of single units served the check/).waitFor();
    assert.equal(await panel.getByText("% by the largest").count(), 0);
    assert.deepEqual(await accessibilityProblems(author), []);
  });

  it("hidden alone, the cell follows by subtraction", async () => {
    const panel = await add("turnover-by-region-hidden.csv", columns);
    await panel.getByText("Hidden, but follows by subtraction.").first().waitFor();
    await panel.getByText("hide a second cell of the row and of the column").waitFor();
    await picture(author, "subtraction");
    await remove(panel, "turnover-by-region-hidden.csv");
  });

  it("without dimensions, the page says that nobody tried", async () => {
    const { "Dimensions of the table": _, ...rest } = columns;
    const panel = await add("turnover-by-region-hidden.csv", rest);
    await panel.getByText("nobody tried to compute them by subtraction").waitFor();
    await remove(panel, "turnover-by-region-hidden.csv");
  });

  it("protected, it passes; the checker sees what was checked and what stays inside", async () => {
    const panel = await add("turnover-by-region-protected.csv", columns);
    await panel.getByText("None of the 8 hidden values follows by subtraction").waitFor();
    await author.getByRole("button", { name: "Submit for review" }).click();
    await author.locator(".page-title .badge", { hasText: "Under review" }).waitFor();
    checker = await person("checker1");
    await checker.goto(`${demonstration.url}/reviews`);
    await checker.getByRole("link", { name: TITLE }).first().click();
    await settled(checker);
    await checker.getByText("No single contributor may exceed 85% of a cell’s total.").first().waitFor();
    await checker.getByText("None of the 8 hidden values follows by subtraction").waitFor();
    await checker.getByText(/\(9\d(\.\d)?% by the largest, at most 85%\)/).first().waitFor();
    await checker.getByText(/They are not in the file that leaves/).first().waitFor();
    await checker.locator("td.flagged").first().waitFor();
    assert.equal(await checker.getByRole("columnheader", { name: "largest" }).count(), 0);
    assert.deepEqual(await accessibilityProblems(checker), []);
    await picture(checker, "review");
  });

  it("fits a small screen, in French and in the dark", async () => {
    await checker.locator(".quay-side summary").click();
    await checker.getByLabel("Language").selectOption("fr");
    await checker.getByText("Aucune des 8 valeurs masquées ne se retrouve par soustraction").waitFor();
    await checker.emulateMedia({ colorScheme: "dark" });
    await checker.setViewportSize({ width: 360, height: 800 });
    await checker.reload();      /* the menu that was open is for the wide screen */
    await settled(checker);
    const wide = await checker.evaluate(() => [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > window.innerWidth && !one.closest(".data-frame"))
      .map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 60)}`));
    assert.ok((await overflow(checker)) <= 0, `wider than the screen: ${wide.join("; ")}`);
    await picture(checker, "small");
    await checker.setViewportSize({ width: 1280, height: 900 });
    await checker.locator(".quay-side summary").click();
    await checker.getByLabel("Langue").selectOption("en");
    await checker.getByText("None of the 8 hidden values follows by subtraction").waitFor();
  });
});

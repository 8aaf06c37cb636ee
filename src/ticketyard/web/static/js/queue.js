// The queue: a current row that the keys move, selected rows, filters that apply themselves.
const rows = () => [...document.querySelectorAll("[data-row]")];
const current = () => document.querySelector("[data-row].current");

function makeCurrent(row) {
  current()?.classList.remove("current");
  row.classList.add("current");
  row.querySelector(".row-title").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

export function moveRow(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  makeCurrent(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]);
}

export function openRow() {
  current()?.querySelector(".row-title").click();
}

export function selectRow() {
  const box = current()?.querySelector(".check");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

export function assignRow() {
  const bulk = document.querySelector("[data-queue] form");
  if (document.querySelector("[data-row] .check:checked")) {
    bulk.requestSubmit(bulk.querySelector('[name="action"][value="assign_me"]'));
    return;
  }
  if (!current()) return;
  document.querySelector("[data-row-ticket]").value = current().dataset.id;
  document.getElementById("row-action").requestSubmit();
}

function countSelected() {
  const selected = document.querySelectorAll("[data-row] .check:checked").length;
  const label = document.querySelector("[data-bulk-count]");
  if (label) label.textContent = label.dataset.words.replace("{n}", selected);
  const all = document.querySelector("[data-select-all]");
  if (all) {
    all.checked = selected > 0 && selected === rows().length;
    all.indeterminate = selected > 0 && selected < rows().length;
  }
}

function dropEmptyFields(form) {
  for (const field of form.elements) {
    if (field.name && !field.value) field.disabled = true;
  }
}

export function watchQueue() {
  const queue = document.querySelector("[data-queue]");
  if (!queue) return;
  queue.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) {
      for (const box of queue.querySelectorAll("[data-row] .check")) box.checked = event.target.checked;
    }
    countSelected();
  });
  queue.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && row !== current()) {
      current()?.classList.remove("current");
      row.classList.add("current");
    }
  });
  countSelected();

  const filters = document.querySelector("[data-filters]");
  filters.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=checkbox]")) filters.requestSubmit();
  });
  filters.addEventListener("submit", () => dropEmptyFields(filters));
  // A page that comes back from the history still has its fields switched off.
  addEventListener("pageshow", () => {
    for (const field of filters.elements) field.disabled = false;
  });
}

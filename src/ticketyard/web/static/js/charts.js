// Turns the table beside each chart into a drawing one can point at; without scripts the SVG stays.
const colour = (name) => getComputedStyle(document.querySelector(`.chart-ink-${name}`)).color;

function read(table) {
  const days = [];
  const opened = [];
  const resolved = [];
  for (const row of table.tBodies[0].rows) {
    days.push(Date.parse(row.cells[0].querySelector("time").dateTime) / 1000);
    opened.push(Number(row.cells[1].textContent));
    resolved.push(Number(row.cells[2].textContent));
  }
  return [days, opened, resolved];
}

function draw(holder) {
  const data = read(document.querySelector(holder.dataset.source));
  if (data[0].length < 2) return;
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour("text"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font };
  const line = (label, ink) => ({ label, stroke: ink, width: 2, fill: ink.replace(")", " / 8%)").replace("rgb(", "rgb(").replaceAll(",", ""), points: { show: data[0].length < 15 } });
  holder.replaceChildren();
  const chart = new uPlot(
    {
      width: holder.clientWidth,
      height: 240,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      cursor: { points: { size: 7 }, drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high, 4) * 1.08] } },
      axes: [
        // Whole days: a day has one point, and its name is written once.
        { ...axis, grid: { show: false }, incrs: [1, 2, 3, 7, 14, 28, 56, 91, 182, 364].map((days) => days * 86400), values: (_, splits) => splits.map((s) => new Date(s * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })) },
        { ...axis, size: 42, values: (_, splits) => splits.map((n) => (Number.isInteger(n) ? n : "")) },
      ],
      series: [
        { label: "Day", value: (_, s) => (s == null ? "–" : new Date(s * 1000).toISOString().slice(0, 10)) },
        line("Opened", colour("opened")),
        line("Resolved", colour("resolved")),
      ],
    },
    data,
    holder,
  );
  new ResizeObserver(() => chart.setSize({ width: holder.clientWidth, height: 240 })).observe(holder);
}

function drawAll() {
  for (const holder of document.querySelectorAll("[data-chart]")) draw(holder);
}

drawAll();
document.addEventListener("theme", drawAll);

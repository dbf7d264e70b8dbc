// What a class has answered, beside what the network says: as rows with bars, on the picture itself, or on a line.
import { grid, named, picture } from "./answers.js";
import { element, filled } from "./stream.js";

const percent = (share) => {
  if (share > 0 && share < 0.0005) return "<0.1\u00a0%";
  return share >= 0.9995 ? ">99.9\u00a0%" : `${(100 * share).toFixed(1)}\u00a0%`; // a softmax is 1 only by rounding
};
const sum = (counts) => counts.reduce((total, count) => total + count, 0);
const bar = (kind, share) => {
  const made = element("span", { class: `bar ${kind}` });
  made.style.width = `${100 * share}%`;
  return made;
};

const rows = (told, own, words) => {
  const { prompt } = told.question;
  const total = Math.max(1, sum(told.counts));
  const before = told.before && Math.max(1, sum(told.before));
  const head = [prompt.kind === "choice" ? words.option : words.digit, words.theClass, prompt.shares && words.network];
  const shown = named(prompt, words).map((name, i) => {
    const isRight = prompt.right === i;
    const share = prompt.shares?.[i];
    const classBars = [bar("class", told.counts[i] / total), before ? bar("before", told.before[i] / before) : null];
    const count = before ? `${told.before[i]} → ${told.counts[i]}` : `${told.counts[i]}`;
    return element(
      "tr",
      { class: `${isRight ? "right" : ""} ${own === i ? "own" : ""}` },
      element("th", { scope: "row" }, name, isRight ? element("span", { class: "mark" }, words.right) : null, own === i ? element("span", { class: "mark" }, words.you) : null),
      element("td", {}, element("div", { class: "bars" }, ...classBars.filter(Boolean)), element("span", { class: "count" }, count)),
      prompt.shares ? element("td", {}, element("div", { class: "bars" }, share == null ? null : bar("network", share)), element("span", { class: "count" }, share == null ? "" : percent(share))) : null,
    );
  });
  const titles = element("tr", {}, ...head.filter(Boolean).map((title) => element("th", { scope: "col" }, title)));
  return [element("div", { class: "beside" }, picture(prompt), element("table", {}, element("thead", {}, titles), element("tbody", {}, ...shown)))];
};

const cells = (told, own, words) => {
  const { prompt } = told.question;
  const cell = (i) =>
    element("div", { class: `cell ${prompt.right === i ? "right" : ""} ${own === i ? "own" : ""}` }, told.counts[i] ? element("span", { class: "count" }, `${told.counts[i]}`) : null);
  const said = prompt.right == null ? "" : filled(words.rightCell, { n: prompt.right, count: told.counts[prompt.right], all: sum(told.counts) });
  return [picture(prompt, grid(prompt, cell)), element("p", {}, said)];
};

const line = (told, own, words) => {
  const { prompt } = told.question;
  const [low, high] = [prompt.low ?? 0, prompt.high ?? 100];
  const most = Math.max(1, ...told.counts);
  const columns = told.counts.map((count) => {
    const column = element("span", { class: "column", title: `${count}` });
    column.style.height = `${(100 * count) / most}%`;
    return column;
  });
  const at = (value, kind, words) => {
    const mark = element("span", { class: `at ${kind}` }, element("span", {}, words));
    mark.style.left = `${(100 * (value - low)) / (high - low)}%`;
    return mark;
  };
  const unit = prompt.unit ?? "";
  const numbers = { median: told.median?.toPrecision(4) * 1, right: prompt.value, unit, n: sum(told.counts) };
  const marks = [own == null ? null : at(own, "own", words.you), prompt.value == null ? null : at(prompt.value, "right", `${prompt.value} ${unit}`)];
  const said = told.median == null ? "" : filled(prompt.value == null ? words.median : words.medianAndRight, numbers);
  return [
    picture(prompt),
    element("div", { class: "histogram" }, element("div", { class: "columns" }, ...columns), ...marks.filter(Boolean)),
    element("div", { class: "ends" }, element("span", {}, `${low}`), element("span", {}, `${high} ${unit}`)),
    element("p", {}, said),
  ];
};

// Of a breaking contest one row a number of filters, so that ties stand together.
const broken = (told, own, words) => {
  if (!told.broken.length) return [];
  const isNamed = told.broken.some(({ names }) => names.length);
  const row = ({ off, broken, accuracies, names }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, `${off}`, broken ? null : element("span", { class: "mark" }, words.notBroken)),
      element("td", {}, accuracies.map((share) => `${(100 * share).toFixed(2)}\u00a0%`).join(", ")),
      element("td", {}, isNamed ? names.join(", ") : `${accuracies.length}`),
    );
  const titles = [words.filtersOff, words.accuracy, isNamed ? words.who : words.howMany].map((title) => element("th", { scope: "col" }, title));
  return [element("table", { class: "broken" }, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...told.broken.map(row)))];
};

const WAYS = { digit: rows, choice: rows, cell: cells, number: line, text: () => [], drawing: () => [], breaking: broken };

export const show = (told, own, words) => {
  const { prompt } = told.question;
  const shown = WAYS[prompt.kind](told, own, words);
  return [...shown, prompt.explanation ? element("p", { class: "explanation" }, prompt.explanation) : null].filter(Boolean);
};

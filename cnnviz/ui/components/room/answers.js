// What one answers with: buttons for digits, options and cells of a picture, a line for a number, a field for a sentence.
// What is typed is kept until it is sent: this is drawn again when somebody else answers, and on every page.
import { element } from "./stream.js";

const N_DIGITS = 10;

export const picture = (prompt, over = null) =>
  prompt.picture
    ? element("div", { class: "picture" }, element("img", { src: `data:image/png;base64,${prompt.picture}`, alt: prompt.alt ?? "" }), over)
    : null;

// The names of the answers one chooses from.
export const named = (prompt, words) => {
  if (prompt.kind === "digit") return [...Array(N_DIGITS).keys(), words.noDigit].map(String);
  if (prompt.kind === "choice") return prompt.options;
  return [...Array(prompt.n_cells ?? 0).keys()].map(String);
};

export const grid = (prompt, cell) => {
  const cells = element("div", { class: "cells" });
  cells.style.setProperty("--columns", prompt.columns ?? 1);
  cells.append(...[...Array(prompt.n_cells).keys()].map(cell));
  return cells;
};

const pressed = (i, own) => (i === own ? "true" : "false");

const choose = (prompt, own, send, words) => {
  const buttons = named(prompt, words).map((name, i) =>
    element("button", { type: "button", "aria-pressed": pressed(i, own), onclick: () => send(i) }, name),
  );
  return [picture(prompt), element("div", { class: `options ${prompt.kind}`, role: "group", "aria-label": prompt.text }, ...buttons)];
};

const point = (prompt, own, send, words) => {
  const cell = (i) =>
    element("button", { type: "button", class: "cell", title: `${i}`, "aria-label": `${i}`, "aria-pressed": pressed(i, own), onclick: () => send(i) });
  return [picture(prompt, grid(prompt, cell)), element("p", { class: "hint" }, words.click)];
};

const number = (prompt, own, send, words, { draft, keep }) => {
  const [low, high] = [prompt.low ?? 0, prompt.high ?? 100];
  const step = 10 ** Math.floor(Math.log10((high - low) / 200));
  const begin = draft ?? own ?? (low + high) / 2;
  const line = element("input", { type: "range", min: low, max: high, step, value: begin, "aria-label": prompt.text });
  const field = element("input", { type: "number", min: low, max: high, step: "any", value: begin, "aria-label": prompt.text });
  line.addEventListener("input", () => (field.value = line.value));
  field.addEventListener("input", () => (line.value = field.value));
  for (const input of [line, field]) input.addEventListener("input", () => keep(field.value));
  const give = () => field.value !== "" && send(Number(field.value));
  field.addEventListener("keydown", (event) => event.key === "Enter" && give());
  return [
    picture(prompt),
    element("div", { class: "line" }, element("span", {}, `${low}`), line, element("span", {}, `${high} ${prompt.unit ?? ""}`)),
    element("div", { class: "send" }, field, element("span", {}, prompt.unit ?? ""), element("button", { type: "button", class: "primary", onclick: give }, words.send)),
  ];
};

const sentence = (prompt, own, send, words, { draft, keep }) => {
  const field = element("textarea", { rows: 2, maxlength: 500, "aria-label": prompt.text, placeholder: words.sentence });
  field.value = draft ?? own ?? "";
  field.addEventListener("input", () => keep(field.value));
  const give = () => field.value.trim() && send(field.value.trim());
  return [picture(prompt), field, element("div", { class: "send" }, element("button", { type: "button", class: "primary", onclick: give }, words.send))];
};

// What is made on another page: the way there, and the button that hands it in.
const made = (isThere, go, handIn) => [
  element(
    "div",
    { class: "send" },
    isThere ? null : element("button", { type: "button", onclick: go[0] }, go[1]),
    element("button", { type: "button", class: "primary", onclick: handIn[0] }, handIn[1]),
  ),
];

const drawing = (prompt, own, send, words, hands) => [
  picture(prompt),
  ...made(hands.isOnCanvas, [hands.goToCanvas, words.toCanvas], [hands.handIn, hands.isIn ? words.handInAgain : words.handIn]),
];

const breaking = (prompt, own, send, words, hands) => [
  picture(prompt),
  ...made(
    hands.layers === `${prompt.network} ${prompt.steps ?? 0}`,
    [hands.goToLayers, words.toLayers],
    [hands.handInFilters, hands.isIn ? words.handInFiltersAgain : words.handInFilters],
  ),
];

const WAYS = { digit: choose, choice: choose, cell: point, number, text: sentence, drawing, breaking };

export const ask = (prompt, own, send, words, hands) => WAYS[prompt.kind](prompt, own, send, words, hands);

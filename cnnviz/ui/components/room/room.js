// The strip of a room, on every page: who one is, what is asked, and what the class has answered.
//
// It hears of everything by one stream (stream.js) and sends answers by itself, so no page runs on the server when sixty
// students see a question revealed.  Only what concerns the page goes by Streamlit: another page to follow, a drawing.
import { ask } from "./answers.js";
import { show } from "./revealed.js";
import { element, filled, leave, listen, send } from "./stream.js";

const RETRY_MS = 2000;
// By whom it is, since the next student may come in with the same tablet.
const kept = (what, { code, number }, question) => `cnnviz-${what}-${code}-${number}-${question}`;
const read = (data, question) => JSON.parse(sessionStorage.getItem(kept("answer", data, question)) ?? "null");

const deliver = async (strip, number, answer) => {
  const { code, words } = strip.data;
  strip.own = { number, answer };
  strip.said = words.sending;
  strip.draw();
  const { status, reason } = await send(code, "/answer", { question: number, answer });
  if (strip.own?.number !== number || strip.own.answer !== answer) return; // another one was given meanwhile
  const late = { 204: words.sent, 409: words.late, 422: reason, 429: words.wait };
  strip.said = late[status] ?? words.away;
  if (status === 204) sessionStorage.setItem(kept("answer", strip.data, number), JSON.stringify(answer));
  else if (status !== 0 && status !== 503 && status !== 429) strip.own = { number, answer: read(strip.data, number) };
  else setTimeout(() => strip.told?.question?.number === number && strip.told.question.status === "open" && deliver(strip, number, answer), RETRY_MS);
  strip.draw();
};

const wish = async (strip, name, value = null) => {
  const { status, reason } = await send(strip.data.code, "/do", { wish: name, value });
  strip.said = status === 204 ? "" : reason || strip.data.words.notDone;
  if (status === 204 && name === "follow" && value) strip.trigger("followed", Date.now());
  strip.draw();
};

const teacherButtons = (strip) => {
  const { told, data } = strip;
  const { words } = data;
  const button = (name, text, value = null, attributes = {}) =>
    element("button", { type: "button", onclick: () => wish(strip, name, value), ...attributes }, text);
  const toggle = (name, text) => button(name, text, !told[name], { role: "switch", "aria-checked": `${Boolean(told[name])}` });
  const { question } = told;
  const isOpen = question?.status === "open";
  const isAsked = question && question.prompt.kind !== "text" && question.prompt.kind !== "drawing";
  return [
    element("button", { type: "button", class: question ? "" : "primary", onclick: () => strip.trigger("ask", Date.now()) }, words.ask),
    toggle("follow", words.follow),
    toggle("paused", words.pause),
    isOpen && question.prompt.kind !== "drawing" ? button("reveal", words.reveal, null, { class: "primary" }) : null,
    question && !isOpen && isAsked ? button("why", words.why) : null,
    question && !isOpen && question.prompt.kind !== "drawing" ? button("again", words.again) : null,
    question ? button("close", words.close) : null,
  ];
};

const line = (strip) => {
  const { told, data } = strip;
  const { words } = data;
  const here = data.isTeacher ? words.teacherHere : words.studentHere;
  const said = filled(here, { code: data.code, name: data.name, n: told?.n ?? 0 });
  const following = !data.isTeacher && told?.follow ? element("span", { class: "following" }, words.following) : null;
  return element("div", { class: "who" }, element("span", {}, said), following, ...(told && data.isTeacher ? teacherButtons(strip).filter(Boolean) : []));
};

// The group in which a student is while there is a race, by the number under which they came in.
const group = ({ told, data, trigger }) => {
  const groups = told?.race?.groups ?? [];
  if (data.isTeacher || !groups.length) return null;
  const mine = filled(data.words.group, { group: groups[(data.number - 1) % groups.length] });
  const watch = () => element("button", { type: "button", onclick: () => trigger("race", Date.now()) }, data.words.toRace);
  return element("p", { class: "group" }, element("span", {}, mine), told.race.begun && !data.isAtRace ? watch() : null);
};

const question = (strip) => {
  const { told, data } = strip;
  if (!told?.question) return [];
  const { number, status, prompt } = told.question;
  const { words } = data;
  if (strip.own?.number !== number) strip.own = { number, answer: read(data, number) };
  const title = element("p", { class: "question" }, prompt.again_of ? `${words.once} ` : "", prompt.text);
  const draft = kept("draft", data, number);
  const hands = {
    draft: sessionStorage.getItem(draft),
    keep: (text) => sessionStorage.setItem(draft, text),
    isOnCanvas: data.isOnCanvas,
    isIn: data.handedIn === number,
    goToCanvas: () => {
      window.cnnvizWanted = data.canvas; // components/address goes there once the page is
      strip.trigger("draw", Date.now());
    },
    handIn: () => strip.trigger("hand_in", number),
    layers: data.layers,
    goToLayers: () => strip.trigger("layers", Date.now()),
    handInFilters: () => strip.trigger("breaks", number),
  };
  const answering = data.isTeacher
    ? [ask(prompt, null, () => {}, words, hands)[0]].filter(Boolean)
    : ask(prompt, strip.own.answer, (answer) => deliver(strip, number, answer), words, hands);
  const shown = status === "revealed" ? show(told, strip.own.answer, words) : answering;
  const count = filled(words.count, { n: told.n_answers ?? 0, all: told.n });
  const canKeep = status === "revealed" && !data.isTeacher && strip.own.answer != null;
  const keep = element("button", { type: "button", onclick: () => strip.trigger("report", number) }, words.toReport);
  const sentences = (told.sentences ?? []).map(({ text }) => element("li", {}, text));
  return [
    title,
    ...shown.filter(Boolean),
    sentences.length ? element("ul", { class: "sentences" }, ...sentences) : null,
    canKeep ? element("div", { class: "send" }, keep) : null,
    element("p", { class: "count", role: "status" }, status === "open" ? `${count} ` : "", strip.said || data.said || ""),
  ];
};

const pause = (strip) => {
  const dialog = strip.root.querySelector("dialog");
  const paused = Boolean(strip.told?.paused) && !strip.data.isTeacher;
  if (paused && !dialog.open) {
    dialog.replaceChildren(element("p", {}, strip.data.words.paused));
    dialog.showModal();
  } else if (!paused && dialog.open) dialog.close();
};

const follow = (strip) => {
  const { told, data } = strip;
  if (data.isTeacher || !told?.follow || told.scene <= Math.max(data.scene, window.cnnvizRooms.followed ?? 0)) return;
  window.cnnvizRooms.followed = told.scene;
  strip.trigger("scene", told.scene);
};

const drawStrip = (strip) => {
  const { told, data, root } = strip;
  const gone = told?.over ? data.words.over : told?.removed ? data.words.removed : "";
  const body = root.querySelector(".strip");
  const focused = root.getRootNode().activeElement?.closest?.("textarea, input");
  if (gone) body.replaceChildren(element("p", {}, gone));
  else if (focused && strip.shown === known(strip)) return; // what is being typed stays
  else body.replaceChildren(...[line(strip), group(strip), ...question(strip)].filter(Boolean));
  strip.shown = known(strip);
  if (gone && !strip.isOver) strip.trigger("over", Date.now());
  strip.isOver ||= Boolean(gone);
  pause(strip);
  follow(strip);
};

const known = ({ told }) => JSON.stringify([told?.question?.number, told?.question?.status]);

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".room");
  if (!root.firstChild) {
    root.append(element("div", { class: "strip" }), element("dialog", { "aria-live": "assertive", oncancel: (event) => event.preventDefault() }));
    root.strip = { root, said: "", draw: () => drawStrip(root.strip) };
  }
  const { strip } = root;
  if (strip.data && (strip.data.handedIn !== data.handedIn || strip.data.said !== data.said)) strip.said = "";
  Object.assign(strip, { data, trigger: setTriggerValue });
  strip.told = window.cnnvizRooms?.code === data.code ? window.cnnvizRooms.told : null;
  listen("strip", data.code, (told) => {
    if (JSON.stringify([strip.told?.question?.number]) !== JSON.stringify([told.question?.number])) strip.said = "";
    strip.told = told;
    strip.draw();
  });
  strip.draw();
  return () => leave("strip");
}

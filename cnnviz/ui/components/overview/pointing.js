// What is pointed at, by mouse, by finger or by keyboard: its number in words, lines from what feeds it, and its
// receptive field on the digit.  A click or Enter opens a map; a finger's first tap points, its second opens.  Over the
// map that is open the calculation beside the overview follows the pointer, and a click holds the pixel there.  The dot
// under a map, or x or Delete on it, switches its filter off and on.
import { calm, grow } from "./motion.js";
import { drawOver } from "./overlay.js";
import { percentage } from "./percentages.js";

const SWITCH_KEYS = ["x", "X", "Delete"];
const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (_, name) => values[name]);
const written = (value) => value.toFixed(3).replace(/^-0\.000$/, "0.000").replace("-", "−");

export function create(view) {
  const { scene } = view;
  let [point, byKey, touched] = [null, false, false];

  const show = (found, keyboard = false) => {
    [point, byKey] = [found, keyboard];
    refresh();
    tell();
  };
  const clear = () => show(null);

  const refresh = () => {
    const words = scene.words;
    if (!words) return;
    const of = point?.kind === "map" ? point.group.maps[point.number].button : null;
    scene.root.querySelectorAll(".pointed").forEach((each) => each !== of && each.classList.remove("pointed"));
    of?.classList.add("pointed");
    const frame = view.frame;
    scene.value.setAttribute("aria-live", byKey ? "polite" : "off");
    const hint = scene.groups.length ? words.hint : "";
    const words_of = (found) => of && view.switches.has(point.group, point.number)
      ? filled(words.is_off, { told: found }) : found;
    scene.value.textContent = point && frame ? words_of(told(point, frame, view.image, words)) : hint;
    scene.legend.textContent = of && frame?.weights ? filled(point.group.block > 1 ? words.legend : words.legend_digit, words.colours) : "";
    drawOver(scene, of ? point : null, view);
  };
  // Tell the calculation which pixel of the open map is pointed at, or that none is any more.
  let following = false;
  const tell = (held = false) => {
    const isOpen = point?.kind === "map" && !byKey && isOpened(point.group.maps[point.number]) && view.switches.isTold();
    if (isOpen) {
      const place = { row: point.row, column: point.column, side: point.group.shape[0] };
      announce({ block: point.group.block, number: point.number, place, held });
    } else if (following) announce({ place: null });
    following = isOpen;
    return isOpen;
  };

  const { stage } = scene;
  stage.addEventListener("pointerdown", (event) => (touched = event.pointerType === "touch"));
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") show(under(event));
  });
  stage.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && clear());
  stage.addEventListener("focusin", (event) => {
    const button = buttonOf(event);
    if (button?.matches(":focus-visible")) show(strongest(button.cnnviz, view.frame), true);
  });
  stage.addEventListener("focusout", () => byKey && clear());
  stage.addEventListener("click", (event) => {
    const toggle = switchOf(event);
    if (toggle) return view.switches.toggle(toggle.cnnviz.group, toggle.cnnviz.number);
    const button = buttonOf(event);
    if (!button) {
      if (touched) show(under(event));
      return;
    }
    const { group, number } = button.cnnviz;
    const again = point?.kind === "map" && point.group === group && point.number === number;
    if (event.detail && isOpened(button)) {
      show(under(event) ?? strongest(button.cnnviz, view.frame));
      if (tell(true)) return;
    }
    if (touched && event.detail && !again) return show(under(event) ?? strongest(button.cnnviz, view.frame));
    open(view, group, number);
  });
  stage.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && point) {
      clear();
      buttonOf(event)?.blur();
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const button = buttonOf(event);
    if (button && SWITCH_KEYS.includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      view.switches.toggle(button.cnnviz.group, button.cnnviz.number);
      show(strongest(button.cnnviz, view.frame), true);
      return;
    }
    const next = button && neighbour(scene.groups, button.cnnviz, event.key);
    if (!next) return;
    event.preventDefault();
    button.tabIndex = -1;
    next.button.tabIndex = 0;
    next.button.focus();
    show(strongest(next.button.cnnviz, view.frame), true);
  });
  return { refresh, clear };
}

const buttonOf = (event) => event.composedPath().find((node) => node.cnnviz && node.matches?.("button.map"));

const switchOf = (event) => event.composedPath().find((node) => node.matches?.("button.switch"));

const isOpened = (map) => (map.button ?? map).getAttribute("aria-pressed") === "true";
const announce = (detail) => window.dispatchEvent(new CustomEvent("cnnviz-point", { detail }));

const open = ({ scene, component, data }, group, number) => {
  for (const { maps } of scene.groups) for (const map of maps) map.button.setAttribute("aria-pressed", "false");
  group.maps[number].button.setAttribute("aria-pressed", "true");
  component.setTriggerValue("opened", `${group.layer} ${number}`);
  const shown = document.querySelector(`.st-key-${data.shows}`);
  if (!shown) return;
  const isBelow = shown.getBoundingClientRect().top > scene.root.getBoundingClientRect().bottom;
  if (isBelow) shown.scrollIntoView({ behavior: calm() ? "instant" : "smooth" });
  else if (!calm()) grow(group.maps[number].canvas, shown);
};

// The number under a pointer, of whichever picture.
const under = (event) => {
  const canvas = event.composedPath().find((node) => node instanceof HTMLCanvasElement && node.cnnviz);
  if (!canvas) return null;
  const box = canvas.getBoundingClientRect();
  const at = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  const row = at((event.clientY - box.top) / box.height, canvas.height);
  const column = at((event.clientX - box.left) / box.width, canvas.width);
  return { ...canvas.cnnviz, row, column };
};

// Of a map that is pointed at by keyboard: the pixel of the largest magnitude.
const strongest = ({ group, number }, frame) => {
  const [height, width, n] = group.shape;
  const values = frame?.layers.get(group.layer);
  let best = 0;
  if (values) {
    for (let i = 1; i < height * width; i++) {
      if (Math.abs(values[i * n + number]) > Math.abs(values[best * n + number])) best = i;
    }
  }
  return { kind: "map", group, number, row: Math.floor(best / width), column: best % width };
};

const told = (point, frame, image, words) => {
  const { kind, row, column } = point;
  if (kind === "digit") return filled(words.of_digit, { row, column, value: written(image[row * 28 + column]) });
  if (kind === "output") {
    return filled(words.of_output, { digit: point.digit, value: percentage(frame.probabilities[point.digit]) });
  }
  if (kind === "strip") {
    const { strip } = point;
    const number = row * strip.columns + column;
    if (number >= strip.n) return "";
    const value = frame.layers.get(strip.layer)[number];
    return filled(words.of_neuron, { layer: strip.layer, number, value: written(value) });
  }
  const { group, number } = point;
  const value = frame.layers.get(group.layer)[(row * group.shape[1] + column) * group.shape[2] + number];
  return filled(words.of_map, { block: group.block, map: number, row, column, value: written(value) });
};

// The map beside another one, also in the group above or below; undefined for other keys.
const neighbour = (groups, { group, number }, key) => {
  const { maps, columns } = group;
  const g = groups.indexOf(group);
  if (key === "Home") return maps[0];
  if (key === "End") return maps[maps.length - 1];
  if (key === "ArrowLeft") return maps[number - 1] ?? groups[g - 1]?.maps.at(-1);
  if (key === "ArrowRight") return maps[number + 1] ?? groups[g + 1]?.maps[0];
  const middle = (map) => map.button.offsetLeft + map.button.offsetWidth / 2;
  const nearest = (row) => row?.reduce((best, map) =>
    Math.abs(middle(map) - middle(maps[number])) < Math.abs(middle(best) - middle(maps[number])) ? map : best);
  if (key === "ArrowDown") {
    if (maps[number + columns]) return maps[number + columns];
    return nearest(groups[g + 1]?.maps.slice(0, groups[g + 1].columns));
  }
  if (key === "ArrowUp") {
    if (maps[number - columns]) return maps[number - columns];
    const above = groups[g - 1];
    return nearest(above?.maps.slice(above.columns * (Math.ceil(above.maps.length / above.columns) - 1)));
  }
  return undefined;
};

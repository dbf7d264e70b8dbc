// Present: shows one screen of the page at a time; keys, swipes and the buttons at the foot go on and back.
//
// A screen is an element whose class begins with the one of data.screens (Streamlit gives it to a container with a key).
// Which of them is shown is a style sheet, not a change of the page, which Streamlit would take back.  Past the first and
// the last one the server is asked for the place before or after ("back", "on").
const MAIN = "[data-testid=stMain]";
const BLOCK = "[data-testid=stMainBlockContainer]";
const STEPS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
const TAKES_KEYS = "input, textarea, select, [role=slider], [role=radio], [role=tab], [role=grid], [role=combobox], canvas";
const OPEN = "[role=dialog], [data-baseweb=popover], [data-testid=stPopoverBody]";
const SWIPE_PX = 60;
const STILL = "canvas, [role=slider], input, [data-testid=stDataFrame]";

export default function ({ data, parentElement, setTriggerValue }) {
  const prefix = `st-key-${data.screens}`;
  const state = (window.cnnvizPresent ??= { stop: null, screen: Number(new URLSearchParams(location.search).get("screen") ?? 1) - 1 });
  if (state.stop !== data.stop) {
    const first = state.stop === null && !data.fromEnd ? state.screen : 0;
    Object.assign(state, { stop: data.stop, screen: data.fromEnd ? Infinity : first, asked: false });
  }
  const foot = parentElement.querySelector("output");
  const style = document.head.appendChild(document.createElement("style"));

  // The classes of each screen, in the order of the page; one may be in several places ("…-part-2").
  const screensOf = () => {
    const screens = new Map();
    for (const element of document.querySelectorAll(`${BLOCK} [class*="${prefix}"]`)) {
      const name = [...element.classList].find((each) => each.startsWith(prefix));
      const screen = name.replace(/-part-\d+$/, "");
      screens.set(screen, (screens.get(screen) ?? new Set()).add(`.${name}`));
    }
    return [...screens.values()].map((classes) => `:is(${[...classes].join()})`);
  };
  const address = () => {
    const query = new URLSearchParams(location.search);
    if (query.get("screen") === String(state.shown + 1)) return;
    query.set("screen", state.shown + 1);
    history.replaceState(history.state, "", `${location.pathname}?${query}`.replaceAll("%2C", ","));
  };
  const draw = () => {
    const screens = screensOf();
    state.count = Math.max(1, screens.length);
    state.shown = Math.min(Math.max(0, state.screen || 0), state.count - 1);
    const now = screens[state.shown];
    const hide = "{ display: none !important; }";
    const title = now && document.querySelector(`${now} [data-testid=stHeading]`) ? "" : ", :has([data-testid=stHeading])";
    const rules = now
      ? `${BLOCK} [class*="${prefix}"]:not(${now}) ${hide}
         ${BLOCK} [data-testid=stColumn]:not(:has(${now}), ${now} *) ${hide}
         ${BLOCK} [data-testid=stColumn]:has(${now}) { flex: 1 1 0 !important; }
         ${BLOCK} [data-testid=stElementContainer]:not(${now} *, .st-key-presenting *, .st-key-room *${title}) ${hide}`
      : "";
    if (style.textContent !== rules) style.textContent = rules;
    const words = data.words.position.replace("{n}", state.shown + 1).replace("{all}", state.count);
    if (foot.textContent !== words) foot.textContent = words;
    address();
  };

  const scrolls = (step) => {
    const main = document.querySelector(MAIN);
    const room = step > 0 ? main.scrollHeight - main.clientHeight - main.scrollTop : main.scrollTop;
    if (room < 24) return false;
    main.scrollBy({ top: step * 0.8 * main.clientHeight, behavior: "smooth" });
    return true;
  };
  const go = (step, may_scroll = true) => {
    if (may_scroll && scrolls(step)) return;
    const next = state.shown + step;
    if (next >= 0 && next < state.count) {
      state.screen = next;
      document.querySelector(MAIN).scrollTop = 0;
      draw();
    } else if (!state.asked) {
      state.asked = true;
      setTimeout(() => (state.asked = false), 1500); // where there is no place beyond
      setTriggerValue("go", step > 0 ? "on" : "back");
    }
  };

  const listening = new AbortController();
  const options = { signal: listening.signal };
  const key = (event) => {
    const target = event.composedPath()[0];
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector(OPEN)) return;
    if (event.key === "Escape") setTriggerValue("go", "end");
    if (!(event.key in STEPS) || (event.key.startsWith("Arrow") && target.closest?.(TAKES_KEYS))) return;
    event.preventDefault();
    go(STEPS[event.key]);
  };
  let from = null;
  const touch = (event) => {
    const still = event.touches.length > 1 || event.composedPath().some((node) => node.matches?.(STILL));
    from = still ? null : event.touches[0];
  };
  const lift = (event) => {
    if (!from) return;
    const [right, down] = [event.changedTouches[0].clientX - from.clientX, event.changedTouches[0].clientY - from.clientY];
    if (Math.abs(right) > SWIPE_PX && Math.abs(right) > 2 * Math.abs(down)) go(right < 0 ? 1 : -1, false);
  };
  document.addEventListener("keydown", key, options);
  document.addEventListener("touchstart", touch, { ...options, passive: true });
  document.addEventListener("touchend", lift, { ...options, passive: true });
  for (const [name, act] of Object.entries({ back: () => go(-1), on: () => go(1), end: () => setTriggerValue("go", "end") })) {
    const button = parentElement.querySelector(`.${name}`);
    button.title = data.words[name];
    button.setAttribute("aria-label", data.words[name]);
    button.onclick = act;
  }

  let waiting = 0;
  const watching = new MutationObserver(() => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(draw);
  });
  watching.observe(document.querySelector(MAIN), { childList: true, subtree: true });
  draw();
  return () => {
    listening.abort();
    watching.disconnect();
    cancelAnimationFrame(waiting);
    style.remove();
  };
}

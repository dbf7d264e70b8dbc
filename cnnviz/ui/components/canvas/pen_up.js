// Sends the drawing the moment the pen is lifted, unless components/live sends the stroke beside Streamlit; also when it
// asks for it, since there was no answer.
//
// The drawing component (streamlit-drawable-canvas 0.13) sends 0.2 s after the last stroke, and offers no setting, event
// or call to send sooner: its only export is the function that Streamlit calls, and its canvas is private to it.  The
// first button of its toolbar does send at once, so that button is pressed here.
//
// It is found by what there is, not by what it is called: the canvas lies in a shadow root (Streamlit's), in which there
// are eight buttons, and the fourth alone can stay pressed.  Titles and labels are English sentences that may be reworded
// or translated, class names belong to its style sheet.  Where a release has other buttons, none is pressed (a wrong one
// may empty the canvas): then the component sends by itself, 0.2 s later.  tests/ui/test_canvas.py and
// tests/browser/test_browser_canvas.py fail in that case.
//
// What Undo and Clear leave comes from the server, as does a digit that takes the drawing's place.  Until it is there
// nothing is drawn on the canvas or sent of it: a stroke would be loaded over, and counted all the same.
const LOOK_MS = 30; // the component does not tell when it has loaded: its pictures change
const PATIENCE_MS = 30_000; // then there is no server, which Streamlit says, or an error, which the page says
const [N_BUTTONS, SEND, EDIT] = [8, 0, 3]; // send, undo, redo, edit, forward, backward, delete, reset

const sendButton = (root) => {
  const buttons = [...root.querySelectorAll("button")];
  const known = buttons.every((button, i) => button.hasAttribute("aria-pressed") === (i === EDIT));
  return known && buttons.length === N_BUTTONS ? buttons[SEND] : null;
};
const sendsItself = () => window.cnnvizSendsStrokes?.aborted === false;
const pictureIn = (place) => [...document.querySelectorAll(`${place} *`)]
  .flatMap((node) => [...(node.shadowRoot?.querySelectorAll("canvas") ?? [])]).map((canvas) => canvas.toDataURL()).join();
const rootOf = (event) => event.composedPath().find((node) => node instanceof ShadowRoot);

export default function ({ parentElement, data }) {
  if (parentElement.stopSending) return parentElement.stopSending; // called again after every run of the page
  const inFrame = (event) => event.composedPath().some((node) => node.matches?.(data.frame));

  let drawnOn = null;
  const penDown = (event) => {
    const root = inFrame(event) && rootOf(event);
    if (!root || !(event.composedPath()[0] instanceof HTMLCanvasElement)) return;
    drawnOn = root;
    event.composedPath().find((node) => node.matches?.(data.canvas)).dataset.drawn = ""; // the hint goes: frame.css
    const stroke = new AbortController();
    const penUp = () => {
      stroke.abort();
      // After the component's own listeners, which add the stroke.
      setTimeout(() => sendsItself() || sendButton(root)?.click(), 0);
    };
    // A pen can be lifted anywhere on the page; until then the component listens to all of it, too.
    for (const name of ["mouseup", "touchend"]) {
      document.addEventListener(name, penUp, { capture: true, signal: stroke.signal });
    }
  };

  // The toolbar would lie over the line above the canvas; undo and clear are buttons of the page.
  const hideToolbar = (event) => {
    const toolbar = inFrame(event) && rootOf(event)?.querySelector(".dc-toolbar");
    if (toolbar) toolbar.style.visibility = "hidden";
  };

  const send = () => drawnOn && sendButton(drawnOn)?.click();
  let waiting = null; // for another load: the one before it, and whether the drawing is sent then
  const loads = () => window.cnnvizFigures?.head.loads;
  const wait = (sends) => {
    clearTimeout(waiting?.timer);
    waiting = { loads: loads(), sends, timer: setTimeout(resume, PATIENCE_MS) };
    for (const frame of document.querySelectorAll(data.frame)) frame.dataset.waits = "";
  };
  const look = (mine, before) => {
    if (waiting !== mine) return;
    const now = pictureIn(data.canvas);
    if (before !== null && now !== before) resume();
    else setTimeout(look, LOOK_MS, mine, now);
  };
  const end = () => {
    clearTimeout(waiting?.timer);
    waiting = null;
    for (const frame of document.querySelectorAll(data.frame)) delete frame.dataset.waits;
  };
  const resume = () => {
    const sends = waiting?.sends;
    end();
    if (sends) send();
  };
  const answered = () => waiting && loads() !== waiting.loads && resume();
  const pressed = (event) => {
    if (!event.composedPath().some((node) => node.matches?.(data.loads))) return;
    wait(waiting?.sends ?? false);
    setTimeout(look, LOOK_MS, waiting, null); // no stroke is under way
  };
  const asked = ({ detail }) => {
    if (waiting) waiting.sends = true;
    else if (detail !== null && detail === loads()) wait(true);
    else send();
  };

  // Nothing is drawn any more: the hint may come back, when it is there.
  const emptied = () => {
    if (!window.cnnvizFigures?.classList.contains("faint")) return;
    for (const canvas of document.querySelectorAll(data.canvas)) delete canvas.dataset.drawn;
  };

  const listening = new AbortController();
  const options = { capture: true, signal: listening.signal };
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, hideToolbar, options);
  for (const name of ["mousedown", "touchstart"]) document.addEventListener(name, penDown, options);
  document.addEventListener("click", pressed, options);
  window.addEventListener("cnnviz-send-drawing", asked, options);
  window.addEventListener("cnnviz-figures", emptied, options);
  window.addEventListener("cnnviz-figures", answered, options);
  parentElement.stopSending = () => {
    listening.abort();
    end();
    delete parentElement.stopSending;
  };
  return parentElement.stopSending;
}

// The drawing component waits 0.2 s after the pen is lifted before it sends.  Its own button "Update the app with
// this drawing" sends at once, so that button is pressed as soon as a stroke has ended.  The toolbar itself is hidden:
// it would lie over the line above the canvas, and undo and clear are buttons of the page.
const SEND = '.dc-toolbar button[title="Update the app with this drawing"]';

export default function () {
  let drawing = null;

  const penDown = (event) => {
    const path = event.composedPath();
    const onCanvas = path.some((node) => node.classList?.contains("upper-canvas"));
    drawing = onCanvas ? path.find((node) => node.classList?.contains("dc-root")) : null;
  };

  const hideToolbar = (event) => {
    const root = event.composedPath().find((node) => node.classList?.contains("dc-root"));
    if (root) root.querySelector(".dc-toolbar").style.visibility = "hidden";
  };

  const penUp = () => {
    const root = drawing;
    drawing = null;
    // After the component's own listeners, which add the stroke.
    if (root) setTimeout(() => root.querySelector(SEND)?.click(), 0);
  };

  const listeners = [
    ["pointerover", hideToolbar],
    ["focusin", hideToolbar],
    ["mousedown", penDown],
    ["touchstart", penDown],
    ["mouseup", penUp],
    ["touchend", penUp],
  ];
  for (const [name, listener] of listeners) document.addEventListener(name, listener, true);
  return () => {
    for (const [name, listener] of listeners) document.removeEventListener(name, listener, true);
  };
}

// What moves so that one sees where something comes from; nothing does for who wants less motion.
const GROW_MS = 250;

/** Whether less motion is wanted. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Let a copy of a map grow from its place to that of the result in the calculation, which is in `shown`. */
export function grow(map, shown) {
  const into = resultIn(shown) ?? shown;
  const [from, to] = [map.getBoundingClientRect(), into.getBoundingClientRect()];
  const copy = document.createElement("canvas");
  [copy.width, copy.height, copy.className] = [map.width, map.height, "cnnviz-growing"];
  copy.getContext("2d").drawImage(map, 0, 0);
  const side = `${from.width}px`;
  Object.assign(copy.style, { position: "fixed", left: `${from.left}px`, top: `${from.top}px`, width: side, height: side,
    imageRendering: "pixelated", pointerEvents: "none", transformOrigin: "0 0", zIndex: 1000 });
  document.body.append(copy);
  const end = `translate(${to.left - from.left}px, ${to.top - from.top}px) scale(${to.width / from.width})`;
  const moved = copy.animate({ transform: ["none", end], opacity: [1, 1, 0.4] }, { duration: GROW_MS, easing: "ease-out" });
  moved.onfinish = moved.oncancel = () => copy.remove();
}

// The canvas of the result, in the shadow root of components/slide.
const resultIn = (shown) => [...shown.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
  .map((host) => host.shadowRoot?.querySelector("canvas.output")).find(Boolean);

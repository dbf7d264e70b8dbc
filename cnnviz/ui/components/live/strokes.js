// A stroke on its way to the server, beside Streamlit: its points, as the drawing component keeps them, and the answer.
const SIDE_PX = 280;
const DECIMATE_PX = 0.4; // of Fabric.js, the canvas's library: points that are nearer to the one before are left out

const positionOn = (canvas, event) => {
  const box = canvas.getBoundingClientRect();
  const { clientX, clientY } = event.touches?.[0] ?? event;
  return [((clientX - box.left) * SIDE_PX) / box.width, ((clientY - box.top) * SIDE_PX) / box.height];
};

// The last but one is always left out: so does Fabric.js.
const thinnedOut = (points) => {
  if (points.length <= 2) return points;
  const kept = [points[0]];
  for (const [x, y] of points.slice(1, -2)) {
    const [x0, y0] = kept.at(-1);
    if ((x0 - x) ** 2 + (y0 - y) ** 2 >= DECIMATE_PX ** 2) kept.push([x, y]);
  }
  return [...kept, points.at(-1)];
};

/** The points of the stroke under way: `add` for each event from pen down on, `take` when the pen is up. */
export function recorder() {
  let [canvas, points] = [null, []];
  const add = (event) => {
    const [point, last] = [positionOn(canvas, event), points.at(-1)];
    if (points.length > 1 && point[0] === last[0] && point[1] === last[1]) return;
    if (event.shiftKey && points.length > 1) points.pop(); // a straight line
    points.push(point);
  };
  return {
    begin: (on, event) => {
      [canvas, points] = [on, []];
      add(event);
      add(event); // a dot has two
    },
    add,
    take: () => thinnedOut(points),
  };
}

/** Whether this browser can send strokes. */
export const canSend = () => typeof CompressionStream === "function";

/**
 * Send a stroke; gives the server's answer, and throws where there is none: an error that is marked `isOutdated` when the
 * canvas has been told to load something else since.
 *
 * address: of the session's answers.
 * points: of the stroke.
 * loads: how often the canvas was told to load something, as far as is known here.
 * ink: Uint8Array, what the whole drawing looks like with it.
 */
export async function answerTo(address, points, loads, ink) {
  const time = Date.now();
  const packed = new Blob([ink]).stream().pipeThrough(new CompressionStream("deflate"));
  const head = new TextEncoder().encode(JSON.stringify({ points, time, loads }));
  const length = new Uint8Array(new Uint32Array([head.length]).buffer); // little-endian, as every browser's machine is
  const body = await new Blob([length, head, await new Response(packed).blob()]).arrayBuffer();
  const response = await fetch(new URL(address, document.baseURI), { method: "POST", body });
  if (!response.ok) throw Object.assign(new Error(`${response.status}`), { isOutdated: response.status === 412, loads });
  return response.json();
}

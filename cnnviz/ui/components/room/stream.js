// One stream of events a page, whichever components listen to it; it comes back by itself after the server was away.
const AGAIN_MS = 2000;
const rooms = (window.cnnvizRooms ??= { code: "", source: null, told: null, listeners: new Map(), again: 0 });

const address = (code, what = "") => new URL(`./cnnviz/room/${code}${what}`, document.baseURI);

const hear = (told) => {
  rooms.told = told;
  for (const listener of [...rooms.listeners.values()]) listener(told);
};

const close = () => {
  clearTimeout(rooms.again);
  rooms.source?.close();
  rooms.source = null;
};

const open = (code) => {
  close();
  rooms.code = code;
  const source = (rooms.source = new EventSource(address(code)));
  source.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (told.over || told.removed) close();
    hear(told);
  };
  source.onerror = () => {
    // A browser tries again by itself only where the connection broke, not where a proxy answered for a server that is gone.
    if (source.readyState === EventSource.CLOSED && rooms.source === source) rooms.again = setTimeout(() => open(code), AGAIN_MS);
  };
};

// Has a function called now and whenever something changes, until another one takes its name or `leave` is called.
export const listen = (name, code, listener) => {
  rooms.listeners.set(name, listener);
  if (rooms.code !== code || !rooms.source) {
    rooms.told = rooms.code === code ? rooms.told : null;
    open(code);
  }
  if (rooms.told) listener(rooms.told);
};

export const leave = (name) => {
  rooms.listeners.delete(name);
  setTimeout(() => rooms.listeners.size === 0 && close(), 3000); // the next page is there by then
};

// What the server made of something that is sent: an HTTP status, 0 where it could not be reached; and its sentence.
export const send = async (code, what, content) => {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) };
  try {
    const answer = await fetch(address(code, what), request);
    const reason = answer.status === 422 ? (await answer.json()).reason : "";
    return { status: answer.status, reason };
  } catch {
    return { status: 0, reason: "" };
  }
};

export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
};

export const filled = (words, values) => words.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

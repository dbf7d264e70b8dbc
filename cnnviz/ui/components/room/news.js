// Has a part of the teacher's page run again when something in the room has changed that it shows: at most once a second.
import { leave, listen } from "./stream.js";

const EVERY_MS = 1000;
const part = (window.cnnvizNews ??= { since: 0, timer: 0 });

export default function ({ data, setTriggerValue }) {
  let wait = EVERY_MS;
  const ask = () => {
    part.since = Date.now();
    setTriggerValue("changed", part.since);
    part.timer = setTimeout(ask, (wait *= 2)); // ended by the run of the page, which comes with another mark
  };
  clearTimeout(part.timer);
  listen("news", data.code, ({ mark }) => {
    clearTimeout(part.timer);
    if (mark && mark !== data.mark) part.timer = setTimeout(ask, Math.max(0, part.since + EVERY_MS - Date.now()));
  });
  return () => {
    clearTimeout(part.timer);
    leave("news");
  };
}

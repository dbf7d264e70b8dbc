// Has a part of the teacher's page run again when something in the room has changed that it shows: at most once a second.
import { leave, listen } from "./stream.js";

const EVERY_MS = 1000;
const parts = (window.cnnvizNews ??= new Map());

export default function ({ data, setTriggerValue }) {
  const part = parts.get(data.part) ?? { told: "", since: 0, timer: 0 };
  parts.set(data.part, part);
  part.trigger = () => {
    part.since = Date.now();
    setTriggerValue("changed", part.since);
  };
  listen(data.part, data.code, (told) => {
    const now = JSON.stringify([told.n, told.n_answers, told.question?.number, told.question?.status, told.names]);
    const isNew = part.told !== "" && part.told !== now;
    part.told = now;
    if (!isNew) return;
    clearTimeout(part.timer);
    part.timer = setTimeout(() => part.trigger(), Math.max(0, part.since + EVERY_MS - Date.now()));
  });
  return () => leave(data.part);
}

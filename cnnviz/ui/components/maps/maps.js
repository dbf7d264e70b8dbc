// The component `maps`: one figure of pictures.  Streamlit calls this again after every run of the page.
import { build, fill, form } from "./figure.js";
import { inflated, unpacked } from "./message.js";

// What was opened is shown in a container elsewhere on the page; where it is not beside the pictures but below, or above
// and out of sight, the page goes there.
const goTo = (name, figure) => {
  const box = name && document.querySelector(`.st-key-${name}`)?.getBoundingClientRect();
  if (box && (box.top > figure.content.getBoundingClientRect().bottom || box.bottom < 0))
    document.querySelector(`.st-key-${name}`).scrollIntoView({ behavior: "smooth" });
};

export default async function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".maps");
  const call = (root.call = {});
  const [{ item, words }, read] = unpacked(await inflated(data));
  if (root.call !== call) return; // it was called again meanwhile
  const known = JSON.stringify([...form(item), item.key]);
  root.send = { open: setTriggerValue, pick: setStateValue };
  if (root.known !== known) {
    const open = (i, figure) => {
      root.send.open("opened", i);
      goTo(figure.item.goesTo, figure);
    };
    root.replaceChildren(build(item, { open, pick: (i) => root.send.pick("picked", i) }));
  }
  root.known = known;
  fill(root.firstChild, item, read, words);
}

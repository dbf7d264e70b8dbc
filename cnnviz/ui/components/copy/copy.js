// A button that copies a link.  Without https the browser's clipboard is closed to scripts; then the text is selected
// and copied as a person would.
const copyBySelection = (text) => {
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
};

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("output");
  button.textContent = data.copy;
  button.onclick = async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(data.link);
    } catch {
      done = copyBySelection(data.link);
    }
    said.textContent = done ? data.copied : "";
  };
}

// The overview as a PNG file: the same numbers and words, twice as large as on the screen.
const SCALE = 2;
const MARGIN_PX = 16;

/** Let the browser save what one sees under a name. */
export function download(scene, name) {
  still(scene).toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

const still = ({ root, stage, told, switched, training, when }) => {
  const around = root.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  const first = training.hidden ? stage : when;
  const last = switched.hidden ? told : switched;
  const [top, bottom] = [first.getBoundingClientRect().top, last.getBoundingClientRect().bottom];
  canvas.width = SCALE * (around.width + 2 * MARGIN_PX);
  canvas.height = SCALE * (bottom - top + 2 * MARGIN_PX);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(root);
  pen.fillStyle = style.getPropertyValue("--st-background-color") || "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.scale(SCALE, SCALE);
  pen.translate(MARGIN_PX - around.left, MARGIN_PX - top);
  pen.imageSmoothingEnabled = false;
  for (const picture of stage.querySelectorAll(".parts canvas")) drawPicture(pen, picture);
  for (const words of root.querySelectorAll(".when, .caption, .label, .answer, .told p, .off-words, .scores, .accuracy")) write(pen, words);
  const lines = stage.querySelector(".lines");
  const box = stage.getBoundingClientRect();
  pen.drawImage(lines, box.left, box.top, box.width, box.height);
  return canvas;
};

const drawPicture = (pen, picture) => {
  const { left, top, width, height } = picture.getBoundingClientRect();
  pen.drawImage(picture, left, top, width, height);
  const button = picture.closest("button");
  pen.lineWidth = button?.getAttribute("aria-pressed") === "true" ? 3 : 1;
  pen.strokeStyle = pen.lineWidth === 3 ? "#e07b00" : getComputedStyle(picture).outlineColor;
  pen.strokeRect(left, top, width, height);
  if (!button?.matches(".crossed, .off")) return;
  [pen.lineWidth, pen.strokeStyle] = [1.5, "#9aa0ac"];
  pen.beginPath();
  pen.moveTo(left, top);
  pen.lineTo(left + width, top + height);
  pen.moveTo(left + width, top);
  pen.lineTo(left, top + height);
  pen.stroke();
};

// Words as they stand, in lines no longer than their element.
const write = (pen, element) => {
  const { left, top, width } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.color;
  pen.textBaseline = "top";
  const size = parseFloat(style.fontSize);
  const step = parseFloat(style.lineHeight) || 1.3 * size;
  const middle = element.className === "label" ? (width - pen.measureText(element.textContent).width) / 2 : 0;
  let [line, y] = ["", top + (step - size) / 2];
  for (const word of element.textContent.split(" ")) {
    if (line && pen.measureText(`${line} ${word}`).width > width + 1) {
      pen.fillText(line, left, y);
      [line, y] = ["", y + step];
    }
    line = line ? `${line} ${word}` : word;
  }
  pen.fillText(line, left + middle, y);
};

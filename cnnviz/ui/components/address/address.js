// Lets the address in the browser follow what is shown, without a new entry in its history: Back leads to the page before.
// And the digit on the button in the head of the page, by two variables of the style sheet.
//
// There may be several of these on a page, since a part of it that runs alone has one of its own: the newest one counts.
// When another page is open, and all of it is there, one stands at its top: what came in above what was there already
// has moved that up, since browsers keep in sight what one sees.  Who has asked for one thing on it sees all of that.
let keep = []; // how names begin that are no matter of ours
const stand = (place) => {
  const before = window.cnnvizPlace;
  window.cnnvizPlace = place;
  if (before !== undefined && before !== place) document.querySelector("[data-testid=stMain]").scrollTop = 0;
  const wanted = window.cnnvizWanted && document.querySelector(window.cnnvizWanted);
  if (!wanted) return;
  wanted.scrollIntoView({ block: "nearest" });
  delete window.cnnvizWanted;
};

const follow = (data) => {
  if (data.since < (window.cnnvizAddressSince ?? 0)) return;
  window.cnnvizAddressSince = data.since;
  const head = document.documentElement.style;
  head.setProperty("--digit", `url(data:image/png;base64,${data.picture})`);
  head.setProperty("--digit-title", `'${data.title}'`);
  const query = new URLSearchParams(data.query);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (keep.some((kept) => name.startsWith(kept))) query.set(name, value);
  }
  const address = `${location.pathname}?${query.toString().replaceAll("%2C", ",")}`;
  if (address !== location.pathname + location.search) history.replaceState(history.state, "", address);
};

export default function ({ data }) {
  if (data.place) stand(data.place);
  keep = data.keep;
  window.cnnvizAddress = follow; // components/live tells what a stroke has changed
  follow(data);
}

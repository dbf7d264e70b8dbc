// Switches between light and dark.  Streamlit has no call for it: it reads its choice from the browser's storage when the
// page is loaded, under a name with the address that was loaded first.  So it is written for every place, and the page is
// loaded again, where the session is as it was.
const VERSION = "v2";

export default function ({ data }) {
  const here = location.pathname.replace(/\/+$/, "");
  const base = data.places.includes(here.split("/").pop()) ? here.slice(0, here.lastIndexOf("/")) : here;
  for (const path of ["/", ...data.places.map((place) => `/${place}`)]) {
    localStorage.setItem(`stActiveTheme-${base}${path}-${VERSION}`, JSON.stringify(data.theme));
  }
  location.reload();
}

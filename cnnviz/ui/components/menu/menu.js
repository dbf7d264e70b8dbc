// On a telephone the menu lies over the page; a choice closes it.
const WIDTH_PX = 1000;
const LINK = "[data-testid=stSidebarNavLink]";
const CLOSE = "[data-testid=stSidebarCollapseButton] button";

export default function () {
  const listening = new AbortController();
  const chosen = (event) => {
    if (innerWidth >= WIDTH_PX || !event.target.closest?.(LINK)) return;
    setTimeout(() => document.querySelector(CLOSE)?.click(), 0); // after Streamlit's own listener, which opens the page
  };
  document.addEventListener("click", chosen, { signal: listening.signal });
  return () => listening.abort();
}

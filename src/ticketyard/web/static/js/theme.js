// Light or dark, remembered in a cookie that the server reads, so that the next page starts in it.
const button = document.querySelector("[data-theme-switch]");

function shown() {
  const pinned = document.documentElement.dataset.theme;
  if (pinned) return pinned;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

button?.addEventListener("click", (event) => {
  event.preventDefault();
  const next = shown() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  document.dispatchEvent(new CustomEvent("theme"));
});

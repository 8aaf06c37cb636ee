// A second press of a button while the first is on its way does nothing. The server knows as well.
const GIVE_UP_MS = 8000;

for (const form of document.querySelectorAll('form[method="post" i]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    // The page is still here: nothing came back, and it may be tried again.
    setTimeout(() => delete form.dataset.sent, GIVE_UP_MS);
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

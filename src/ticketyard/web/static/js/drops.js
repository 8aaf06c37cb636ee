// Files may be dropped on the boxes of the import page; a full box says so.
export function watchDrops() {
  for (const box of document.querySelectorAll("[data-drop]")) {
    const input = box.querySelector("input[type=file]");
    const show = () => box.classList.toggle("full", input.files.length > 0);
    input.addEventListener("change", show);
    box.addEventListener("dragover", (event) => {
      event.preventDefault();
      box.classList.add("over");
    });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("over");
      input.files = event.dataTransfer.files;
      show();
    });
    show();
  }
}

// A picture that is higher than its frame begins with its first box.
"use strict";
const picture = document.getElementById("picture");
const first = picture && picture.querySelector("a");
if (first) {
  picture.parentElement.scrollTop = first.getBoundingClientRect().top - picture.getBoundingClientRect().top - 24;
}

// Copy buttons: without this script the texts are selected by hand.
if (navigator.clipboard) {
  for (const source of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy " + source.dataset.copy);
    button.addEventListener("click", async () => {
      let said = "Copied";
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch {
        said = "Not allowed";
      }
      button.textContent = said;
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
    const pre = source.closest("pre");
    if (pre) {
      pre.parentElement.classList.add("withcopy");
      pre.before(button);
    } else {
      source.after(" ", button);
    }
  }
}

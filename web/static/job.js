// A job's progress without reloading the page. Without this the page reloads itself.

const status = document.getElementById("status");
const MILLISECONDS = 500;
let shown = document.getElementById("job");

setTimeout(look, MILLISECONDS);

async function look() {
  try {
    const response = await fetch(location.href);
    if (!response.ok) return location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const news = page.getElementById("job");
    const over = !("running" in news.dataset);
    const focused = shown.contains(document.activeElement);
    // A button that the reader is about to press must not vanish under the finger.
    if (over || !focused) replace(news);
    else copyProgress(news);
    if (!over) return setTimeout(look, MILLISECONDS);
    status.textContent = news.querySelector("[data-standing]").textContent.trim();
    if (focused) document.getElementById("main").focus();
  } catch {
    status.textContent = status.dataset.lost;
    setTimeout(look, 4 * MILLISECONDS);
  }
}

function replace(news) {
  const fresh = document.importNode(news, true);
  shown.replaceWith(fresh);
  shown = fresh;
}

function copyProgress(news) {
  for (const part of ["[data-standing]", "progress"]) {
    const [here, there] = [shown.querySelector(part), news.querySelector(part)];
    if (here && there) here.replaceWith(document.importNode(there, true));
  }
}

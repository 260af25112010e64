// Asking without leaving the page. Everything here also works without it, by plain links and a GET form.

const form = document.getElementById("ask");
const box = document.getElementById("q");
const conversation = document.getElementById("conversation");
const status = document.getElementById("status");
let running = null;

// Browser and server may encode one address differently: what the address bar says is what counts.
for (const turn of conversation.children) turn.dataset.address = here();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = [...new FormData(form)].filter(([name, value]) => value.trim() || name === "q");
  ask(new URLSearchParams(fields));
});

// Examples and removable filters are questions too.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ask]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const parameters = new URL(link.href).searchParams;
  fill(parameters);
  ask(parameters);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

addEventListener("popstate", () => {
  const turns = [...conversation.children].filter((turn) => turn.dataset.address === here());
  if (!turns.length) return location.reload();
  fill(new URLSearchParams(location.search));
  show(turns.at(-1));
});

async function ask(parameters) {
  running?.abort();
  const mine = (running = new AbortController());
  const address = `${form.getAttribute("action")}?${parameters}`;
  const pending = waiting(parameters.get("q"));
  conversation.append(pending);
  document.querySelectorAll("#intro, #examples, #problem").forEach((element) => element.remove());
  box.removeAttribute("aria-invalid");
  box.removeAttribute("aria-describedby");
  show(pending);
  say("Searching the archive");
  form.setAttribute("aria-busy", "true");
  try {
    const turn = await fetched(`${form.getAttribute("action")}answer?${parameters}`, mine.signal);
    if (turn.matches(".turn")) pending.replaceWith(turn);
    else pending.querySelector(".pending").replaceWith(turn);
    const shown = turn.isConnected && turn.matches(".turn") ? turn : pending;
    shown.dataset.address = address;
    if (address !== here()) history.pushState(null, "", address);
    document.title = `${parameters.get("q")} – Backissue`;
    show(shown);
    say(shown.querySelector("[data-announce]").textContent);
    box.select();
  } catch (error) {
    if (error.name === "AbortError") return pending.remove();
    pending.querySelector(".pending").replaceWith(unreachable(address));
    say("No answer came: the archive could not be reached.");
  } finally {
    if (running === mine) form.removeAttribute("aria-busy");
  }
}

// The server renders answers and errors alike, all text escaped, with the same template as the whole page.
async function fetched(address, signal) {
  const response = await fetch(address, { signal });
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(`status ${response.status}`);
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content.querySelector(".turn, .problem");
}

function waiting(question) {
  const turn = document.createElement("article");
  turn.className = "turn";
  const header = turn.appendChild(document.createElement("header"));
  header.className = "question";
  const heading = header.appendChild(document.createElement("h2"));
  heading.dir = "auto";
  heading.textContent = question;
  const words = turn.appendChild(document.createElement("p"));
  words.className = "pending";
  words.textContent = "Searching the archive…";
  return turn;
}

function unreachable(address) {
  const problem = document.createElement("div");
  problem.className = "problem";
  const words = problem.appendChild(document.createElement("p"));
  words.textContent = "No answer came: the archive could not be reached. Check that it is running, then ";
  const link = words.appendChild(document.createElement("a"));
  link.href = address;
  link.dataset.ask = "";
  link.textContent = "ask again";
  words.append(".");
  return problem;
}

function fill(parameters) {
  for (const name of ["q", "as_of", "after", "before"]) form.elements[name].value = parameters.get(name) ?? "";
  const chosen = parameters.getAll("source");
  const ticks = [...form.querySelectorAll("input[type=checkbox]")];
  for (const tick of ticks) tick.checked = chosen.includes(tick.value);
  const typed = document.getElementById("source");
  if (typed) typed.value = chosen.find((source) => !ticks.some((tick) => tick.value === source)) ?? "";
}

function show(turn) {
  turn.scrollIntoView({ block: "start" });
}

function say(words) {
  status.textContent = words.replace(/\s+/g, " ").trim();
}

function here() {
  return location.pathname + location.search;
}

// Asking without leaving the page: passages as soon as they are found, then the answer, then its timeline.
// Everything here also works without it, by plain links and a form that is posted.

import { events } from "./events.js";

const form = document.getElementById("ask");
const box = document.getElementById("q");
const stop = document.getElementById("stop");
const conversation = document.getElementById("conversation");
const status = document.getElementById("status");
const set = document.getElementById("set");
const DATES = ["as_of", "after", "before"];
let running = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(new URLSearchParams([...new FormData(form)].filter(([name, value]) => value.trim() || name === "q")));
});

stop.addEventListener("click", () => running?.abort());

// Examples, removable filters and the days of a timeline are questions too, each complete in itself.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ask], a[data-edit], #conversation .histogram a");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.dataset.edit) {
    box.value = link.dataset.edit;
    return box.focus();
  }
  // In a drawing the address of a link is an object.
  const fields = new URL(link.href.baseVal ?? link.href, location.href).searchParams;
  fields.delete("version");
  fill(fields);
  fields.set("alone", "1");
  ask(fields);
});

form.addEventListener("change", showSet);
addEventListener("pageshow", showSet);  // a browser may have filled the form as it was left

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && running) return running.abort();
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// A conversation is one address; another address is another page, but another place on this one is not.
let here = location.pathname + location.search;
addEventListener("popstate", () => {
  if (location.pathname + location.search !== here) location.reload();
});

async function ask(fields) {
  for (const name of ["chat", "begins", "started"]) fields.set(name, form.elements[name].value);  // as they are by now
  if (box.value === fields.get("q")) box.value = "";  // the next one may be typed meanwhile
  if (running?.asked === key(fields)) return show(running.place.turn);  // twice by mistake: it is being answered
  running?.abort();
  const place = { turn: waiting(fields.get("q")) };
  const mine = (running = Object.assign(new AbortController(), { asked: key(fields), place }));
  conversation.append(place.turn);
  document.querySelectorAll("#intro, #examples, #recent, #problem").forEach((element) => element.remove());
  box.removeAttribute("aria-invalid");
  box.removeAttribute("aria-describedby");
  for (const open of form.querySelectorAll("details[open]")) open.open = false;  // it would cover the answer
  show(place.turn);
  say(form.dataset.searching);
  busy(true);
  try {
    if (!(await shown(place, fields, mine.signal))) box.value ||= fields.get("q");
  } catch (error) {
    const stopped = error.name === "AbortError";
    leave(place.turn, fields, stopped);
    if (running === mine) {  // the next question has not taken its place
      box.value ||= fields.get("q");
      say(stopped ? form.dataset.stopped : form.dataset.lost);
    }
  } finally {
    if (running === mine) {
      running = null;
      busy(false);
      const focused = document.activeElement;
      if (focused === document.body || form.contains(focused)) box.focus({ preventScroll: true });
    }
  }
}

// What is asked, and with which filters. At the beginning of a conversation every question stands alone.
function key(fields) {
  const aside = ["q", "chat", "begins", "started", ...(fields.get("chat") || fields.get("started") ? [] : ["alone"])];
  const filters = [...fields].filter(([name]) => !aside.includes(name)).sort();
  return JSON.stringify([fields.get("q").trim().replace(/\s+/g, " "), ...filters]);
}

// Shows an answer step by step, at its place; false when the question is refused. Throws where the connection breaks off.
async function shown(place, fields, signal) {
  const options = { method: "POST", body: fields, headers: { Accept: "text/event-stream" }, signal };
  const response = await fetch(form.action, options);
  if (!response.ok) {
    place.turn.querySelector(".reading").replaceChildren(parsed(await response.text()));
    say(place.turn.querySelector("[data-announce]").textContent);
    return false;
  }
  for await (const { name, data } of events(response.body)) {
    if (name === "passages") place.turn.querySelector(".reading").replaceChildren(parsed(data));
    if (name === "answer") place.turn = answered(place.turn, data);
    if (name === "later") place.turn.querySelector("[data-later]").replaceChildren(parsed(data));
    if (name === "problem") {
      place.turn.querySelector(".pending")?.remove();
      place.turn.append(parsed(data));
      say(place.turn.lastElementChild.textContent);
      return false;
    }
    if (name === "done") {
      keep(place.turn, JSON.parse(data), fields.get("q"));
      return true;
    }
  }
  throw new Error("the connection broke off");
}

function answered(turn, html) {
  const whole = parsed(html).querySelector(".turn");
  turn.replaceWith(whole);
  show(whole);
  say(whole.querySelector("[data-announce]").textContent);
  return whole;
}

// The first answer makes the conversation's address, further ones only move within it.
function keep(turn, { address, chat }, question) {
  turn.id = address.split("#")[1];
  const move = form.elements.chat.value ? history.replaceState : history.pushState;
  move.call(history, null, "", address);
  here = location.pathname + location.search;
  form.elements.chat.value = chat;
  form.elements.started.value = "";
  document.title = form.dataset.title.replace("{page}", () => question);
}

// The server renders answers and errors alike, all text escaped, with the same templates as the whole page.
function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function waiting(question) {
  const turn = element("article", "turn");
  const header = turn.appendChild(element("header", "question"));
  header.appendChild(element("h2", "", question)).dir = "auto";
  turn.appendChild(element("div", "reading")).append(element("p", "pending", form.dataset.searching));
  return turn;
}

// What stays of an answer that did not arrive whole, and the way to ask again.
function leave(turn, fields, stopped) {
  turn.querySelector(".pending")?.remove();
  const problem = element("div", "problem");
  const words = problem.appendChild(element("p", "", `${stopped ? form.dataset.stopped : form.dataset.lost} `));
  const again = words.appendChild(element("button", "quiet", form.dataset.again));
  again.type = "button";
  again.addEventListener("click", () => {
    turn.remove();
    ask(fields);
  });
  turn.append(problem);
}

function busy(is) {
  form.toggleAttribute("aria-busy", is);
  if (is) form.setAttribute("aria-busy", "true");
  form.querySelector("button[type=submit]").hidden = is;
  stop.hidden = !is;
}

function fill(parameters) {
  for (const name of DATES) form.elements[name].value = parameters.get(name) ?? "";
  const chosen = parameters.getAll("source");
  const ticks = [...form.querySelectorAll("input[type=checkbox]")];
  for (const tick of ticks) tick.checked = parameters.getAll(tick.name).includes(tick.value);
  const typed = document.getElementById("source");
  if (typed) typed.value = chosen.find((source) => !ticks.some((tick) => tick.value === source)) ?? "";
  showSet();
}

// What is set for the next question, beside the box, for the form that sets it may be folded.
function showSet() {
  const given = [...new FormData(form)].filter(([name, value]) => name in set.dataset && value.trim());
  set.replaceChildren(...given.map(([name, value]) => chip(name, value)));
  set.hidden = !given.length;
}

function chip(name, value) {
  const item = document.createElement("li");
  const button = item.appendChild(element("button", "small"));
  const words = button.appendChild(document.createElement("bdi"));
  words.textContent = set.dataset[name].replace(/{(day|name)}/, () => (DATES.includes(name) ? written(value) : value));
  const sign = element("span", "", " ×");
  sign.ariaHidden = "true";
  button.append(sign, element("span", "hidden", set.dataset.remove));
  button.type = "button";
  button.addEventListener("click", () => takeBack(name, value));
  return item;
}

function takeBack(name, value) {
  for (const field of form.querySelectorAll(`input[name="${name}"]`)) {
    if (field.value !== value) continue;
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  showSet();
  box.focus();
}

// A day as the pages write it.
function written(day) {
  const moment = new Date(`${day}T00:00Z`);
  const as = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return Number.isNaN(moment.valueOf()) ? day : moment.toLocaleDateString("en-GB", as);
}

function show(turn) {
  turn.scrollIntoView({ block: "start" });
}

function say(words) {
  status.textContent = words.replace(/\s+/g, " ").trim();
}

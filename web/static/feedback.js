// Judging without leaving the page, and selecting the words of an article that answer a question. Both also work
// without this: the forms are plain forms, and the words can be typed.

document.addEventListener("submit", async (event) => {
  const place = event.target.closest("[data-judge]");
  if (!place || !event.submitter) return;
  event.preventDefault();
  const said = place.querySelector(".said");
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  said.textContent = "";
  try {
    // What comes back is the way to this very page: it is not asked for again.
    const response = await fetch(event.target.action, { method: "POST", body, redirect: "manual" });
    if (response.type !== "opaqueredirect") throw new Error(`status ${response.status}`);
    for (const button of event.target.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
    place.querySelector(".thanks").classList.add("given");
    said.textContent = event.submitter.dataset.noted;
  } catch {
    said.textContent = place.dataset.lost;
  }
});

const better = document.querySelector("[data-better]");
if (better) lookForWords(better.querySelector("form"), document.querySelector(".reading .text"));

function lookForWords(form, text) {
  const { words, better_start: start, better_end: end } = form.elements;
  const status = better.querySelector(".said");
  let waiting = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(take, 150); // while the pointer still moves, there is nothing to measure
  });
  words.addEventListener("input", () => {
    start.value = end.value = "";
  });

  function take() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = within(selection.getRangeAt(0), text);
    if (!range) return;
    const before = written(upTo(text, range.startContainer, range.startOffset));
    const whole = written(upTo(text, range.endContainer, range.endOffset));
    const chosen = whole.slice(before.length);
    const clean = chosen.trim();
    if (!clean) return;
    const lead = chosen.slice(0, chosen.indexOf(clean));
    start.value = points(before + lead);
    end.value = points(before + lead + clean);
    words.value = clean.replace(/\s+/g, " ");
    status.textContent = better.dataset.selected;
  }
}

// The part of a range that lies in the text; null when none does.
function within(range, text) {
  if (!range.intersectsNode(text)) return null;
  const whole = document.createRange();
  whole.selectNodeContents(text);
  const part = range.cloneRange();
  if (part.compareBoundaryPoints(Range.START_TO_START, whole) < 0) part.setStart(text, 0);
  if (part.compareBoundaryPoints(Range.END_TO_END, whole) > 0) part.setEnd(text, text.childNodes.length);
  return part.collapsed ? null : part;
}

function upTo(text, node, offset) {
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(node, offset);
  return range.cloneContents();
}

// The article's own characters: those of its paragraphs, not the markup's blanks between them.
function written(fragment) {
  return [...fragment.querySelectorAll("p")].map((paragraph) => paragraph.textContent).join("");
}

// Python counts code points where JavaScript counts halves of surrogate pairs.
function points(string) {
  let count = 0;
  for (const _ of string) count += 1;
  return count;
}

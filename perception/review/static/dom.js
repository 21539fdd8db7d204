// Elements without a framework: make("button", { class: "quiet", onclick }, "text", child).
const SVG = new Set(["svg", "path", "image", "g", "use", "title"]);

export function make(tag, attributes = {}, ...children) {
  const element = SVG.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("data-") || name.startsWith("aria-")) element.setAttribute(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

export const count = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;

export const percent = (share) => `${Math.round(share * 100)} %`;

/** How many children of a grid stand side by side. */
export function columnsOf(grid) {
  const [first] = grid.children;
  if (!first) return 1;
  let columns = 0;
  while (grid.children[columns]?.offsetTop === first.offsetTop) columns += 1;
  return Math.max(1, columns);
}

/** Move the focus among a grid's children by an arrow key; false when the key is none. */
export function arrow(event, grid, selector) {
  const items = [...grid.querySelectorAll(selector)];
  const at = items.indexOf(document.activeElement.closest?.(selector));
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columnsOf(grid), ArrowDown: columnsOf(grid) }[event.key];
  if (step === undefined || !items.length) return false;
  const next = at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + step));
  items[next].focus();
  items[next].scrollIntoView({ block: "nearest" });
  return true;
}

// The conversation: what was said, what became of it, and the buttons that answer an open question.
import { read, send } from "/shared/api.js";
import { onMessage } from "./live.js";

const KEY = "codriver.conversation";
const history = document.getElementById("history");
const form = document.getElementById("ask");
const field = document.getElementById("ask-text");
const OUTCOMES = {
  done: "done", nothing_to_do: "already so", needs_confirmation: "asks first", needs_clarification: "asks back",
  answered: "answered", refused: "refused", failed: "failed",
};
const answering = new Set();
const reasons = new Map();
let conversation = null;

function newId() {
  // crypto.randomUUID exists only on https and localhost; the rig's screen may come over plain http.
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, "0")).join("");
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function milliseconds(ms) {
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function facts(answer) {
  const line = element("p", "facts");
  if (answer.understood_by) line.append(element("span", "level", answer.understood_by));
  for (const rule of answer.rules) {
    const badge = element("span", "rule", rule);
    badge.title = reasons.get(rule) ?? "";
    line.append(badge);
  }
  for (const [step, ms] of Object.entries(answer.latency_ms)) {
    if (ms < 0.05) continue;
    const part = element("span", "step", `${step} `);
    part.append(element("b", "", milliseconds(ms)));
    line.append(part);
  }
  return line;
}

function button(label, className, action) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

function choices(answer) {
  const group = element("div", "choices");
  const of = answer.conversation;
  group.dataset.conversation = of;
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Your answer");
  if (answer.outcome === "needs_confirmation") {
    group.append(
      button("Yes", "yes", () => say("Yes", "confirm", { conversation: of, yes: true })),
      button("No", "no", () => say("No", "confirm", { conversation: of, yes: false })),
    );
  }
  answer.options.forEach((label, option) => {
    group.append(button(label, "option", () => say(label, "choose", { conversation: of, option })));
  });
  return group.childElementCount ? group : null;
}

// An open question is over as soon as anything else is said in its conversation.
function closeQuestions(of) {
  for (const group of history.querySelectorAll(".choices")) if (group.dataset.conversation === of) group.remove();
}

function addSentence(text, of = conversation) {
  document.getElementById("welcome")?.remove();
  closeQuestions(of);
  const turn = element("article", "turn");
  if (of !== conversation) turn.append(element("p", "elsewhere", "said elsewhere"));
  turn.append(element("p", "said", text));
  history.append(turn);
  return turn;
}

function addAnswer(turn, answer) {
  const reply = element("div", "reply");
  reply.dataset.outcome = answer.outcome;
  const mark = element("span", "outcome");
  mark.append(icon(answer.outcome), element("span", "visually-hidden", OUTCOMES[answer.outcome] ?? answer.outcome));
  reply.append(mark, element("p", "words", answer.reply), facts(answer));
  const group = choices(answer);
  if (group) reply.append(group);
  turn.append(reply);
  scrollDown();
  return group;
}

function addProblem(turn, message) {
  const reply = element("div", "reply");
  reply.dataset.outcome = "failed";
  const mark = element("span", "outcome");
  mark.append(icon("failed"), element("span", "visually-hidden", "error"));
  reply.append(mark, element("p", "words", message));
  turn.append(reply);
  scrollDown();
}

function scrollDown() {
  history.scrollTop = history.scrollHeight;
}

async function say(text, action, body) {
  const turn = addSentence(text, body.conversation);
  const waiting = element("p", "waiting");
  waiting.append(element("span", "visually-hidden", "working"));
  turn.append(waiting);
  scrollDown();
  answering.add(body.conversation);
  try {
    const answer = await send("POST", `/api/v1/${action}`, body);
    waiting.remove();
    const group = addAnswer(turn, answer);
    // On a keyboard the answer to a question is the next thing wanted.
    if (group && document.activeElement === document.body) group.querySelector("button").focus();
  } catch (error) {
    waiting.remove();
    addProblem(turn, error.message);
  } finally {
    answering.delete(body.conversation);
  }
}

function ask(text) {
  return say(text, "ask", { conversation, text, speaker: form.elements.speaker.value });
}

async function loadRules() {
  try {
    for (const rule of (await read("/api/v1/rules")).rules) reasons.set(rule.id, rule.reason);
  } catch {
    // Without the reasons the rules still show by name, and the reply says why.
  }
}

async function restore() {
  try {
    const { turns, question } = await read(`/api/v1/conversations/${encodeURIComponent(conversation)}`);
    for (const answer of turns) addAnswer(addSentence(answer.text), answer);
    if (!question) closeQuestions(conversation);
  } catch {
    // A server that was started anew does not know this conversation: it begins empty.
  }
}

// What the voice needs of the conversation.
export const talk = {
  form, field, ask,
  id: () => conversation,
  sentence: addSentence,
  answer: addAnswer,
  problem: addProblem,
};

export function startTalk() {
  conversation = sessionStorage.getItem(KEY) ?? newId();
  const known = sessionStorage.getItem(KEY) !== null;
  sessionStorage.setItem(KEY, conversation);
  loadRules().then(() => known && restore());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    ask(text);
  });
  document.getElementById("examples").addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (chip) ask(chip.textContent);
  });
  // What is said by voice, by a program or on another page is shown as well; our own turns `say` shows itself.
  onMessage("turn", (answer) => {
    if (answer.conversation === conversation || answering.has(answer.conversation)) return;
    addAnswer(addSentence(answer.text, answer.conversation), answer);
  });
}

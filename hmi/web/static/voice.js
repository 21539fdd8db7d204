// Push-to-talk: hold the button (or the space bar on it), speak, let go. The page records and the server listens.
import { read, send } from "/shared/api.js";

const RATE = 16000;
const LONGEST = 15; // seconds
const PARTIAL_EVERY = 1000; // milliseconds
const button = document.getElementById("mic");
let talk = null;
let recording = null;

function wavOf(blocks, rate) {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + length * 2));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, length * 2, true);
  let at = 44;
  for (const block of blocks) {
    for (const value of block) {
      view.setInt16(at, Math.max(-1, Math.min(1, value)) * 32767, true);
      at += 2;
    }
  }
  return new Uint8Array(view.buffer);
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

async function begin() {
  if (recording) return;
  const mine = { blocks: [], rate: RATE, over: false, busy: false, turn: null };
  recording = mine;
  window.speechSynthesis?.cancel(); // who speaks interrupts the reply
  button.setAttribute("aria-pressed", "true");
  try {
    mine.stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
    mine.context = new AudioContext({ sampleRate: RATE });
    mine.rate = mine.context.sampleRate;
    await mine.context.audioWorklet.addModule(new URL("./voice-recorder.js", import.meta.url));
    const node = new AudioWorkletNode(mine.context, "recorder");
    node.port.onmessage = ({ data }) => take(mine, data);
    mine.context.createMediaStreamSource(mine.stream).connect(node);
    if (mine.over) release(mine);
    else mine.timer = setInterval(() => partial(mine), PARTIAL_EVERY);
  } catch (error) {
    finish(mine);
    const reason = error.name === "NotAllowedError" ? "the browser does not allow it" : error.message;
    talk.problem(turnOf(mine), `The microphone cannot be used: ${reason}.`);
  }
}

function take(mine, sound) {
  if (mine.over) return;
  mine.blocks.push(sound);
  if (mine.blocks.length * sound.length > LONGEST * mine.rate) end();
}

function release(mine) {
  clearInterval(mine.timer);
  mine.stream?.getTracks().forEach((track) => track.stop());
  if (mine.context && mine.context.state !== "closed") mine.context.close();
}

function finish(mine) {
  mine.over = true;
  release(mine);
  button.setAttribute("aria-pressed", "false");
  if (recording === mine) recording = null;
}

// Where the words stand: while they are said, and when they are understood.
function turnOf(mine) {
  if (!mine.turn) {
    mine.turn = talk.sentence("…");
    mine.turn.classList.add("hearing");
  }
  return mine.turn;
}

async function partial(mine) {
  if (mine.over || mine.busy || !mine.blocks.length) return;
  mine.busy = true;
  try {
    const { transcript } = await send("POST", "/api/v1/voice/transcript", { wav: base64(wavOf(mine.blocks, mine.rate)) });
    if (!mine.done && transcript) turnOf(mine).querySelector(".said").textContent = transcript;
  } catch {
    // Text so far is a convenience; what is wrong will be said at the end.
  } finally {
    mine.busy = false;
  }
}

async function end() {
  const mine = recording;
  if (!mine) return;
  finish(mine);
  if (!mine.blocks.length) return;
  const turn = turnOf(mine);
  const said = turn.querySelector(".said");
  try {
    const body = { wav: base64(wavOf(mine.blocks, mine.rate)), conversation: talk.id(), speaker: talk.form.elements.speaker.value };
    const heard = await send("POST", "/api/v1/voice", body);
    mine.done = true;
    show(turn, said, heard);
  } catch (error) {
    mine.done = true;
    turn.classList.remove("hearing");
    talk.problem(turn, error.message);
  }
}

function show(turn, said, heard) {
  turn.classList.remove("hearing");
  said.textContent = heard.text || heard.transcript || "(nothing heard)";
  if (heard.repaired) {
    const line = document.createElement("p");
    line.className = "repair";
    const wrong = document.createElement("s");
    wrong.textContent = heard.transcript;
    line.append("heard: ", wrong);
    said.after(line);
  }
  if (heard.answer) talk.answer(turn, heard.answer);
  else if (heard.options.length) offer(turn, heard);
  else if (!heard.transcript) talk.problem(turn, "I heard nothing; hold the button down while you speak.");
  if (heard.reply) speak(heard.reply);
}

function offer(turn, heard) {
  talk.problem(turn, heard.reply);
  const group = document.createElement("div");
  group.className = "choices";
  group.dataset.conversation = heard.conversation;
  for (const sentence of heard.options) {
    const choice = document.createElement("button");
    choice.type = "button";
    choice.className = "option";
    choice.textContent = sentence;
    choice.addEventListener("click", () => talk.ask(sentence));
    group.append(choice);
  }
  turn.append(group);
}

function speak(text) {
  if (!("speechSynthesis" in window)) return;
  const reply = new SpeechSynthesisUtterance(text);
  reply.lang = "en";
  speechSynthesis.speak(reply);
}

export async function startVoice(conversation) {
  talk = conversation;
  // Browsers give the microphone only to https and to localhost.
  if (!navigator.mediaDevices || !window.AudioWorkletNode) return;
  try {
    if (!(await read("/api/v1/voice")).available) return;
  } catch {
    return;
  }
  button.hidden = false;
  // Half a second of silence makes the server load its speech model, so that the first sentence need not wait.
  const silence = base64(wavOf([new Float32Array(RATE / 2)], RATE));
  send("POST", "/api/v1/voice/transcript", { wav: silence }).catch(() => {});
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    begin();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(name, end);
  button.addEventListener("keydown", (event) => {
    if (event.key === " " && !event.repeat) begin();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key === " ") end();
  });
}

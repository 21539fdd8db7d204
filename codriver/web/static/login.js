// Trades the token for a cookie that scripts cannot read. The token may come in the address behind a "#",
// which browsers do not send to the server and so never reaches a log.
import { send } from "./api.js";

const form = document.getElementById("login");
const complaint = document.getElementById("login-error");

async function login(token) {
  try {
    await send("POST", "/api/v1/login", { token });
    location.replace("/");
  } catch (error) {
    complaint.textContent = error.message;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  login(form.elements.token.value);
});

const offered = new URLSearchParams(location.hash.slice(1)).get("token");
if (offered) {
  history.replaceState(null, "", location.pathname);
  login(offered);
}

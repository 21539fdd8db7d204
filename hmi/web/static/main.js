import { startCar } from "./car.js";
import { connect } from "./live.js";
import { startPanels } from "./panels.js";
import { startScene } from "./scene.js";
import { startTalk, talk } from "./talk.js";
import { startVoice } from "./voice.js";

startCar();
startPanels();
startTalk();
startVoice(talk);
if (document.body.dataset.simulated === "yes") startScene();
connect();

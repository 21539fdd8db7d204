import { startCar } from "./car.js";
import { connect } from "./live.js";
import { startPanels } from "./panels.js";
import { startScene } from "./scene.js";
import { startTalk } from "./talk.js";

startCar();
startPanels();
startTalk();
if (document.body.dataset.simulated === "yes") startScene();
connect();

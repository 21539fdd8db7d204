// Runs beside the page and hands over the sound of the microphone, block by block.
class Recorder extends AudioWorkletProcessor {
  process(inputs) {
    const [sound] = inputs[0];
    if (sound) this.port.postMessage(sound.slice());
    return true;
  }
}

registerProcessor("recorder", Recorder);
